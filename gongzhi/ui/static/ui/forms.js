/* The form layer: conditional questions, character counts, error summaries. Engines without modules skip this file. */
import { initAll } from "../vendor/govuk-frontend-6.6.0/govuk-frontend.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("govuk-frontend-supported");
initAll();
