// The learner's own ticks: kept, never judged.

export function checklists(learner) {
  for (const list of document.querySelectorAll(".checklist")) {
    const block = list.closest("[data-block]").dataset.block;
    const boxes = [...list.querySelectorAll("input")];
    for (const box of boxes) box.checked = learner.ticks[block]?.includes(box.value) ?? false;
    list.addEventListener("change", () =>
      learner.tick(
        block,
        boxes.filter((box) => box.checked).map((box) => box.value),
      ),
    );
  }
}
