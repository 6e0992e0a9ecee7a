/** Choose the browser's own time zone in `select[data-guess-time-zone]` as long as nobody chose one. */

function guess(select) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...select.options].some((option) => option.value === zone);
  if (known && select.value === "UTC") select.value = zone;
}

document.querySelectorAll("select[data-guess-time-zone]").forEach(guess);
