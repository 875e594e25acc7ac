// Light or dark, larger type, Chinese or English: remembered in cookies, so that the next page comes right at once.

const YEAR_S = 365 * 24 * 3600;

/** <button data-set="theme" data-to="dark">: sets an attribute of <html>, or, for the language, loads the page anew. */
export function serveSwitches(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element | null)?.closest<HTMLElement>("button[data-set]");
    const [name, value] = [button?.dataset["set"], button?.dataset["to"]];
    if (name === undefined || value === undefined) return;
    document.cookie = `linlian_${name}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;
    if (name === "language") globalThis.location.reload();
    else if (value === "") delete document.documentElement.dataset[name];
    else document.documentElement.dataset[name] = value;
  });
}
