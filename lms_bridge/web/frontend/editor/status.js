/** Whether what was written is saved, always in view, and said aloud when it goes wrong. */
import { announce } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const TROUBLE = { offline: 1, signed_out: 1, refused: 1 };
let shown = "saved";

export function showState(desk, element, state) {
  element.dataset.state = state;
  element.replaceChildren(...(state === "saved" ? [icon("check")] : []), say(`state_${state}`));
  if (state !== shown && state in TROUBLE) announce(say(`state_${state}_long`));
  if (shown === "offline" && state === "saved") announce(say("state_saved"));
  element.title = state in TROUBLE ? say(`state_${state}_long`) : "";
  shown = state;
}
