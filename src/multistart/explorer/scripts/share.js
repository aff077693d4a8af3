/** The address of this case: kept in the fragment as things change, and copied when asked for. */

import { byId, say } from "./page.js";

/** Keep a fragment in the address, without a step in the history. */
export function keepFragment(fragment) {
  try {
    history.replaceState(null, "", fragment);
  } catch {
    location.hash = fragment; // where a file may not change its history
  }
}

/** Copy the address; where that is not allowed, show it and select it. */
export async function copyAddress({ t }) {
  try {
    await navigator.clipboard.writeText(location.href);
    say(t("share.done"));
  } catch {
    const field = byId("link").querySelector("input");
    byId("link").hidden = false;
    field.value = location.href;
    field.focus();
    field.select();
    say(t("share.here"));
  }
}
