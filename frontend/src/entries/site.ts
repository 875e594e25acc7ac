// What every page runs.

import "htmx.org";
import { fillInKey, offerAhead } from "../site/ahead.ts";
import { serveForms } from "../site/command.ts";
import { explainDownloads } from "../site/download.ts";
import { keepDrafts } from "../site/draft.ts";
import { serveLists } from "../site/lists.ts";
import { keepLive, tellTimes } from "../site/live.ts";
import { serveSwitches } from "../site/look.ts";
import { lookNear } from "../site/near.ts";
import { serveOutbox } from "../site/outbox.ts";
import { addUp, growRows } from "../site/rows.ts";
import { markNew } from "../site/seen.ts";
import { answerWhoIsThere } from "../site/session.ts";

serveSwitches();
explainDownloads();
serveForms();
growRows();
addUp();
serveLists();
keepDrafts();
lookNear();
keepLive();
tellTimes();
markNew();
serveOutbox();
offerAhead();
fillInKey();
void answerWhoIsThere();

// A page that the way back brings up again as it was may say what is no longer so.
globalThis.addEventListener("pageshow", (event) => {
  if (event.persisted) globalThis.location.reload();
});
