/* Runs in <head> before the first paint: applies the stored theme, so that no page flashes. */
try {
  const chosen = localStorage.getItem("fitbalance-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  /* Storage is blocked: the device's setting stays. */
}
