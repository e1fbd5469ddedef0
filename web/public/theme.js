// Runs before the first paint: picks the theme, and which waiting picture to show.
(function () {
  var root = document.documentElement;
  var choice = "system";
  var signedIn = false;
  try {
    choice = localStorage.getItem("marketflow.theme") || "system";
    signedIn = localStorage.getItem("marketflow.signed-in") === "yes";
  } catch (_) {
    // Storage may be blocked; the defaults do.
  }
  var dark = choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "dark" : "light";
  root.dataset.boot = signedIn ? "app" : "door";
  var meta = document.querySelector('meta[name="theme-color"]');
  if (meta) meta.setAttribute("content", dark ? "#0e1213" : "#f7f6f3");
})();
