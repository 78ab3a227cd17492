/* Comfort for every page, ES2015. Each feature stands alone in its own try; no page needs any of them. */
(() => {
  "use strict";

  const feature = (start) => {
    try {
      start();
    } catch (error) {
      if (window.console) console.warn(error);
    }
  };

  /* Copy buttons: the text is in data-copy, what to say afterwards in data-done. */
  feature(() => {
    const copy = (text) => {
      if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
      const field = document.createElement("textarea");
      field.value = text;
      field.className = "vh";
      document.body.appendChild(field);
      field.select();
      const done = document.execCommand("copy");
      document.body.removeChild(field);
      return done ? Promise.resolve() : Promise.reject(new Error("copying was refused"));
    };
    const status = document.createElement("p");
    status.className = "vh";
    status.setAttribute("role", "status");
    const said = () => {
      if (!status.parentNode) document.querySelector("main").appendChild(status);
    };
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (!button) return;
      said();
      copy(button.getAttribute("data-copy")).then(() => {
        status.textContent = button.getAttribute("data-done");
        button.classList.add("done");
        setTimeout(() => {
          status.textContent = "";
          button.classList.remove("done");
        }, 3000);
      }, () => {});
    });
  });

  /* What is folded is printed too. */
  feature(() => {
    let opened = [];
    window.addEventListener("beforeprint", () => {
      opened = Array.from(document.querySelectorAll("main details:not([open])"));
      opened.forEach((one) => one.setAttribute("open", ""));
    });
    window.addEventListener("afterprint", () => opened.forEach((one) => one.removeAttribute("open")));
  });

  /* Print buttons, shown only where scripts run. */
  feature(() => {
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-print]")) window.print();
    });
  });
})();
