/* Suggestions below a search box while one types, ES2015. The box searches as well without them.
 *
 * A form with data-suggest="ADDRESS" asks ADDRESS?q=… and gets {groups: [{label, items: [{name, note, about, url}]}],
 * all: {label, url, keys}, status}. Texts are put in as text, never as HTML.
 */
(() => {
  "use strict";

  const WAIT = 150;
  const SHORTEST = 2;

  const make = (tag, attributes, text) => {
    const node = document.createElement(tag);
    Object.keys(attributes).forEach((name) => node.setAttribute(name, attributes[name]));
    if (text) node.textContent = text;
    return node;
  };

  /* `text` with the first place that holds `query` marked. */
  const marked = (text, query) => {
    const at = query ? text.toLowerCase().indexOf(query.toLowerCase()) : -1;
    const node = document.createElement("span");
    if (at < 0) {
      node.textContent = text;
      return node;
    }
    node.appendChild(document.createTextNode(text.slice(0, at)));
    node.appendChild(make("mark", {}, text.slice(at, at + query.length)));
    node.appendChild(document.createTextNode(text.slice(at + query.length)));
    return node;
  };

  const enhance = (form, number) => {
    const input = form.querySelector("input[type=search]");
    const address = form.getAttribute("data-suggest");
    if (!input || !address) return;

    const box = make("div", { class: "sug", hidden: "" });
    const list = make("div", { id: `suggest-${number}`, role: "listbox", "aria-label": form.getAttribute("data-label") });
    const more = make("p", { class: "all" });
    const said = make("div", { class: "vh", role: "status" });
    box.appendChild(list);
    box.appendChild(more);
    form.appendChild(box);
    form.appendChild(said);
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
    Object.keys(roles).forEach((name) => input.setAttribute(name, roles[name]));

    let options = [];
    let active = -1;
    let asked = null;
    let wait = 0;
    let shown = "";

    const choose = (at) => {
      options.forEach((one, index) => one.node.setAttribute("aria-selected", index === at ? "true" : "false"));
      active = at;
      if (at < 0) {
        input.removeAttribute("aria-activedescendant");
        return;
      }
      input.setAttribute("aria-activedescendant", options[at].node.id);
      if (options[at].node.scrollIntoView) options[at].node.scrollIntoView({ block: "nearest" });
    };
    const close = () => {
      window.clearTimeout(wait);
      if (asked) asked.abort();
      box.hidden = true;
      input.setAttribute("aria-expanded", "false");
      choose(-1);
    };
    const open = () => {
      if (!options.length) return;
      box.hidden = false;
      input.setAttribute("aria-expanded", "true");
    };
    const follow = (url) => {
      close();
      window.location.assign(url);
    };

    const option = (item, query) => {
      const node = make("div", { role: "option", id: `${list.id}-${options.length}`, "aria-selected": "false" });
      const words = marked(item.name, query);
      if (item.note) words.appendChild(make("small", {})).appendChild(marked(item.note, query));
      node.appendChild(words);
      if (item.about) node.appendChild(make("span", { class: "r" }, item.about));
      node.addEventListener("click", () => follow(item.url));
      options.push({ node, url: item.url });
      return node;
    };
    const show = (answer, query) => {
      options = [];
      list.textContent = "";
      more.textContent = "";
      answer.groups.forEach((group, index) => {
        const id = `${list.id}-g${index}`;
        const node = make("div", { role: "group", "aria-labelledby": id });
        node.appendChild(make("div", { class: "what", id, role: "presentation" }, group.label));
        group.items.forEach((item) => node.appendChild(option(item, query)));
        list.appendChild(node);
      });
      more.appendChild(make("a", { href: answer.all.url }, answer.all.label));
      more.appendChild(make("span", { class: "m-hide" }, ` · ${answer.all.keys}`));
      said.textContent = answer.status;
      choose(-1);
      if (options.length) open();
      else close();
    };
    const ask = () => {
      const query = input.value.trim();
      if (query === shown && !box.hidden) return;
      shown = query;
      if (query.length < SHORTEST) {
        options = [];
        said.textContent = "";
        close();
        return;
      }
      if (asked) asked.abort();
      asked = new XMLHttpRequest();
      const mine = asked;
      mine.open("GET", `${address}?q=${encodeURIComponent(query)}`);
      mine.onload = () => {
        if (mine !== asked || mine.status !== 200 || document.activeElement !== input) return;
        try {
          show(JSON.parse(mine.responseText), query);
        } catch (error) {
          close();
        }
      };
      mine.send();
    };

    input.addEventListener("input", (event) => {
      if (event.isComposing) return; /* half a syllable in an input method is no word yet */
      window.clearTimeout(wait);
      wait = window.setTimeout(ask, WAIT);
    });
    input.addEventListener("compositionend", () => {
      window.clearTimeout(wait);
      wait = window.setTimeout(ask, WAIT);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const down = event.key === "ArrowDown";
      if (down || event.key === "ArrowUp") {
        if (!options.length) return;
        event.preventDefault();
        if (box.hidden) open();
        /* One step beyond either end leads back to what was typed. */
        const steps = options.length + 1;
        choose(((active + 1 + (down ? 1 : steps - 1)) % steps) - 1);
      } else if (event.key === "Enter" && !box.hidden && active >= 0) {
        event.preventDefault();
        follow(options[active].url);
      } else if (event.key === "Escape" && !box.hidden) {
        event.preventDefault();
        close();
      } else if (event.key === "Tab") {
        close();
      }
    });
    input.addEventListener("blur", () => window.setTimeout(() => {
      if (!form.contains(document.activeElement)) close();
    }, 0));
    box.addEventListener("mousedown", (event) => {
      if (!event.target.closest("a")) event.preventDefault(); /* the box keeps the focus */
    });
    form.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !form.contains(event.relatedTarget)) close();
    });
  };

  try {
    document.querySelectorAll("form[data-suggest]").forEach(enhance);
  } catch (error) {
    if (window.console) console.warn(error);
  }
})();
