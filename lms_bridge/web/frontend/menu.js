/** The menu stands open where there is room, and folds where there is not; without script it stays open. */
export function collapseMenuOnSmallScreens() {
  const menu = document.querySelector("[data-menu]");
  if (!menu) return;
  const wide = window.matchMedia("(min-width: 60rem)");
  const follow = () => { menu.open = wide.matches; };
  wide.addEventListener("change", follow);
  follow();
}
