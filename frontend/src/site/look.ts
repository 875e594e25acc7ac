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
    if (button !== null && button !== undefined) turn(button);
  });
  // The server does not know what the device prefers: on a dark one the button leads to light.
  const theme = document.querySelector<HTMLElement>("button[data-set=theme]");
  const dark = globalThis.matchMedia("(prefers-color-scheme: dark)").matches;
  if (theme !== null && document.documentElement.dataset["theme"] === undefined && dark) turn(theme);
}

/** Let a button lead back again. */
function turn(button: HTMLElement): void {
  const { to, back, backSaid } = button.dataset;
  if (back === undefined) return;
  [button.dataset["to"], button.dataset["back"]] = [back, to ?? ""];
  [button.textContent, button.dataset["backSaid"]] = [backSaid ?? "", button.textContent ?? ""];
}
