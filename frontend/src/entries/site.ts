// What every page runs.

import "htmx.org";
import { serveForms } from "../site/command.ts";
import { keepDrafts } from "../site/draft.ts";
import { keepLive } from "../site/live.ts";
import { serveSwitches } from "../site/look.ts";

serveSwitches();
serveForms();
keepDrafts();
keepLive();
