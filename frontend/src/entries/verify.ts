// For pages that check proof files: nothing leaves the browser.

export { checkFile } from "../ledger/files.ts";
