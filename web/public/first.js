// Runs before the first paint: picks the theme and the waiting picture, and asks for what this visit needs next,
// so that files and the first answer travel while the app itself is still on its way.
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
  var meta = document.querySelector('meta[name="theme-color"]');
  if (meta) meta.setAttribute("content", dark ? "#0e1213" : "#f7f6f3");

  var outside = /^\/(sign-in|setup|forgot-password|reset-password|accept-invitation)\b/.test(location.pathname);
  var visit = signedIn && !outside ? "app" : "door";
  root.dataset.boot = visit;
  (document.currentScript.dataset[visit] || "").split(" ").forEach(function (file) {
    if (!file) return;
    var link = document.createElement("link");
    link.rel = "modulepreload";
    link.crossOrigin = "";
    link.href = file;
    document.head.append(link);
  });
  var path = visit === "app" ? "/api/v1/me" : "/api/v1/instance";
  var answer = fetch(path, { credentials: "same-origin", headers: { Accept: "application/json, application/problem+json" } });
  answer.catch(function () {
    // Whoever takes it hears of it.
  });
  window.firstAnswer = { path: path, answer: answer };
})();
