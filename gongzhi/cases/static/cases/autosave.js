/* Saves a page of a form while it is filled in, ES2015. Without it every button saves.
 *
 * A second after the first change, however long the typing goes on, and when the page is left or hidden, what differs
 * from the last save goes to data-autosave. Each save has a key of its own (nonce), so that a repeated one counts once.
 * What has not arrived yet stands on this device as well, except what the server says is about a person (controls with
 * autocomplete="off") and files; it is put back when the page opens again, and wiped when somebody signs out. An answer
 * that somebody else changed is sent with the revision it was read at, so that it is never overwritten unseen. Words
 * come from the page.
 */
(() => {
  "use strict";

  const WAIT = 1000;
  const RETRY = 3000;
  const KEEPALIVE = 60000; /* bytes; browsers refuse more in a request that outlives its page */
  const PREFIX = "gz-draft:";
  const form = document.querySelector("form[data-autosave]");

  /* Signing out wipes what this device holds. */
  Array.prototype.forEach.call(document.querySelectorAll('form[action*="sign-out"]'), (out) => {
    out.addEventListener("submit", () => wipe());
  });

  const store = () => {
    try { return window.localStorage; } catch (error) { return null; }
  };
  function wipe() {
    const kept = store();
    if (!kept) return;
    Object.keys(kept).filter((name) => name.indexOf(PREFIX) === 0).forEach((name) => kept.removeItem(name));
  }

  /* Where both values stand to be chosen from, the device's own copy has done its work. */
  const chosen = document.querySelector("form[data-forget]");
  if (chosen && store()) store().removeItem(PREFIX + chosen.getAttribute("data-forget"));

  if (!form || !window.fetch || !window.FormData || !window.Promise) return;

  const said = document.querySelector("#saved");
  const words = said && said.querySelector("[data-saved]");
  const base = form.querySelector("input[name=base]");
  const token = form.querySelector("input[name=csrfmiddlewaretoken]");
  const shown = form.querySelector("input[name=shown]");
  const key = PREFIX + form.getAttribute("data-key");
  if (!base || !token || !shown) return;

  const uuid = () => {
    if (window.crypto && window.crypto.randomUUID) return window.crypto.randomUUID();
    const bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes.set([(bytes[6] & 15) | 64], 6);
    bytes.set([(bytes[8] & 63) | 128], 8);
    const hex = Array.prototype.map.call(bytes, (byte) => (`0${byte.toString(16)}`).slice(-2)).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  /* Every question shown: its name, and its controls (three boxes of a date, several ticks). */
  const names = shown.value.split(" ").filter(Boolean);
  const controls = (name) => Array.prototype.filter.call(form.elements, (one) => (
    one.name === name || [`${name}-year`, `${name}-month`, `${name}-day`].indexOf(one.name) >= 0
  ));
  const isPrivate = (name) => controls(name).some((one) => one.getAttribute("autocomplete") === "off");
  const read = (name) => {
    const pairs = [];
    controls(name).forEach((one) => {
      if ((one.type === "radio" || one.type === "checkbox") && !one.checked) return;
      pairs.push([one.name, one.value]);
    });
    return pairs;
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  const last = new Map(names.map((name) => [name, read(name)]));

  const changed = () => names.filter((name) => !same(read(name), last.get(name)));

  /* Answers that others changed since they were read here: the revision they were read at. */
  const stale = new Map();
  /* Answers of which the person has to choose between two: they wait for the button, everything else is saved. */
  const held = new Set();
  const baseOf = (name) => (stale.has(name) ? stale.get(name) : base.value);

  const say = (text, waiting, link) => {
    if (!words) return;
    words.textContent = text;
    said.classList.toggle("wait", Boolean(waiting));
    const old = said.querySelector("a");
    if (old) old.remove();
    if (link) {
      const a = document.createElement("a");
      a.href = form.getAttribute("data-sign-in");
      a.target = "_blank";
      a.rel = "noopener";
      a.textContent = form.getAttribute("data-sign-in-words");
      said.appendChild(a);
    }
  };

  /* --- what this device holds --- */
  const mirror = () => {
    const kept = store();
    if (!kept) return;
    const open = changed().filter((name) => !isPrivate(name)).map((name) => [name, read(name), baseOf(name)]);
    try {
      if (open.length) kept.setItem(key, JSON.stringify(open));
      else kept.removeItem(key);
    } catch (error) { /* full or forbidden: the server's copy is the one that counts */ }
  };
  const restore = () => {
    const kept = store();
    const text = kept && kept.getItem(key);
    if (!text) return;
    let open = [];
    try { open = JSON.parse(text); } catch (error) { open = []; }
    let put = false;
    (Array.isArray(open) ? open : []).forEach((pair) => {
      const name = pair[0];
      const typed = pair[1];
      if (names.indexOf(name) < 0 || !Array.isArray(typed) || same(typed, read(name))) return;
      const now = read(name);
      if (typed.length === 1 && now.length === 1 && typed[0][1] && now[0][1].indexOf(typed[0][1]) === 0) return;
      put = true;
      if (pair[2] && pair[2] !== base.value) stale.set(name, pair[2]);
      controls(name).forEach((one) => {
        const values = typed.filter((each) => each[0] === one.name).map((each) => each[1]);
        if (one.type === "radio" || one.type === "checkbox") one.checked = values.indexOf(one.value) >= 0;
        else one.value = values.length ? values[0] : "";
      });
    });
    if (put) {
      say(form.getAttribute("data-restore"), true);
      soon();
    } else {
      kept.removeItem(key);
    }
  };

  /* --- saving --- */
  let timer = null;
  let running = null;
  let retry = null;
  let handed = false;

  function soon() {
    mirror();
    if (!timer) timer = window.setTimeout(save, WAIT);
  }
  const later = () => {
    if (timer) window.clearTimeout(timer);
    timer = window.setTimeout(save, RETRY + Math.random() * 1000);
  };

  /* What is sent together was read at one revision. */
  const packet = () => {
    const body = new URLSearchParams();
    const open = changed().filter((name) => !held.has(name));
    const at = open.length ? baseOf(open[0]) : base.value;
    const sent = open.filter((name) => baseOf(name) === at).map((name) => [name, read(name)]);
    sent.forEach((one) => one[1].forEach((pair) => body.append(pair[0], pair[1])));
    body.append("shown", sent.map((one) => one[0]).join(" "));
    body.append("base", at);
    body.append("nonce", uuid());
    return { body, sent };
  };

  const post = (one) => {
    one.body.set("csrfmiddlewaretoken", token.value);
    return window.fetch(form.getAttribute("data-autosave"), {
      method: "POST",
      body: one.body,
      credentials: "same-origin",
      redirect: "manual",
      keepalive: String(one.body).length < KEEPALIVE,
      headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
    });
  };
  const refused = (response) => (
    response.type === "opaqueredirect" || response.status === 401 || response.status === 403
  );

  /* Whoever signed in again on another page has a new token, which this page asks for. False: nobody is signed in. */
  const renew = () => window.fetch(window.location.pathname, {
    credentials: "same-origin", redirect: "manual",
  }).then((response) => (response.ok ? response.text() : "")).then((text) => {
    const found = text.indexOf("data-autosave=") >= 0 && /name="csrfmiddlewaretoken" value="(\w+)"/.exec(text);
    if (found) token.value = found[1];
    return Boolean(found);
  });

  const take = (one, answer) => {
    retry = null;
    one.sent.forEach((each) => last.set(each[0], each[1]));
    const others = answer.others || [];
    others.forEach((name) => { if (!stale.has(name)) stale.set(name, one.body.get("base")); });
    one.sent.forEach((each) => stale.delete(each[0]));
    if (answer.saved) base.value = answer.revision;
    mirror();
    if (stale.size) say(form.getAttribute("data-others"), true);
    else say(form.getAttribute("data-saved-at").replace("{time}", answer.at || ""));
    if (changed().length) soon();
  };

  function save() {
    if (timer) window.clearTimeout(timer);
    timer = null;
    if (running) { running.again = true; return; }
    const one = retry || packet();
    if (!one.sent.length) { retry = null; return; }
    running = { again: false };
    const state = running;
    say(form.getAttribute("data-saving"));
    post(one).then((response) => (
      refused(response) ? renew().then((again) => (again ? post(one) : response)) : response
    )).then((response) => {
      if (refused(response)) {
        retry = null;
        mirror();
        say(form.getAttribute("data-signed-out"), true, true);
        later();
        return null;
      }
      if (response.status === 409) {
        return response.json().then((answer) => {
          retry = null;
          (answer.clashes || []).forEach((each) => {
            held.add(each.key);
            if (!stale.has(each.key)) stale.set(each.key, one.body.get("base"));
          });
          mirror();
          say(answer.message, true);
          if (packet().sent.length && held.size) soon();
        });
      }
      if (!response.ok) throw new Error(String(response.status));
      return response.json().then((answer) => take(one, answer));
    }).catch(() => {
      /* The same packet again, with the same key: if it had arrived, it counts once. */
      retry = one;
      mirror();
      say(form.getAttribute("data-offline"), true);
      later();
    }).then(() => {
      running = null;
      if (state.again) soon();
    });
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  /* A button sends what was changed here, read at the oldest revision of it: what others wrote stays or is asked about. */
  form.addEventListener("submit", () => {
    if (timer) window.clearTimeout(timer);
    timer = null;
    mirror();
    handed = true;
    const open = changed();
    base.value = open.map(baseOf).reduce((low, one) => (Number(one) < Number(low) ? one : low), base.value);
    shown.value = open.join(" ");
  });
  window.addEventListener("pageshow", () => { handed = false; });
  window.addEventListener("online", save);
  window.addEventListener("pagehide", () => {
    if (handed) return;
    const one = packet();
    mirror();
    if (one.sent.length) post(one).catch(() => { /* the device's own copy stays */ });
  });
  document.addEventListener("visibilitychange", save);
  restore();
})();
