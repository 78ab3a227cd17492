/* Sends a chosen file in pieces, ES2015. Without it the same question is an ordinary file field.
 *
 * An input with data-pieces="ADDRESS" asks ADDRESS to begin and is told which pieces have arrived before; those are
 * never sent again. A lost connection is waited for; a closed page goes on when the same file is chosen again. When
 * all is there, a hidden answer `<name>-transfer` stands for the file. Words come from the page, as text.
 */
(() => {
  "use strict";

  const able = () => window.crypto && window.crypto.subtle && window.FileReader && window.Promise && window.Blob;
  const LONGEST_WAIT = 15000;

  const read = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsArrayBuffer(blob);
  });
  const digest = (bytes) => window.crypto.subtle.digest("SHA-256", bytes).then((hash) => (
    Array.prototype.map.call(new Uint8Array(hash), (byte) => `0${byte.toString(16)}`.slice(-2)).join("")
  ));
  const make = (tag, attributes, text) => {
    const node = document.createElement(tag);
    Object.keys(attributes).forEach((name) => node.setAttribute(name, attributes[name]));
    if (text) node.textContent = text;
    return node;
  };

  const enhance = (input) => {
    const form = input.form;
    const token = form && form.querySelector("input[name=csrfmiddlewaretoken]");
    const words = JSON.parse(input.getAttribute("data-words"));
    const most = Number(input.getAttribute("data-most"));
    const name = input.name;
    if (!token || !name) return;

    const hidden = make("input", { type: "hidden", name: `${name}-transfer`, value: input.getAttribute("data-arrived") });
    const box = make("div", { class: "sending", hidden: "" });
    const bar = make("progress", { max: "100", value: "0", "aria-label": words.progress });
    const said = make("p", { class: "small", role: "status" });
    const stop = make("button", { type: "button", class: "btn s t" }, words.stop);
    [bar, said, stop].forEach((node) => box.appendChild(node));
    form.appendChild(hidden);
    const place = input.closest(".govuk-form-group") || input.parentNode;
    place.appendChild(box);

    let run = 0; /* each choice is a run of its own; what an older one still says is not heard */
    let busy = false;
    let asked = null;
    let wanted = null;

    const say = (text, percent, quiet) => {
      box.hidden = false;
      bar.value = percent;
      if (!quiet) said.textContent = text;
    };
    const settle = (text, percent) => {
      busy = false;
      stop.hidden = true;
      say(text, percent);
    };

    /* One request. Resolves with {status, body}; rejects when there was no connection. */
    const send = (address, body, headers, moved) => new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      asked = request;
      request.open("POST", address);
      request.setRequestHeader("X-CSRFToken", token.value);
      Object.keys(headers).forEach((header) => request.setRequestHeader(header, headers[header]));
      request.timeout = 120000;
      request.onload = () => {
        let answer = null;
        try {
          answer = JSON.parse(request.responseText);
        } catch (error) {
          answer = null;
        }
        resolve({ status: request.status, body: answer });
      };
      request.onerror = request.ontimeout = request.onabort = () => reject(new Error("no connection"));
      if (moved && request.upload) request.upload.onprogress = (event) => moved(event.loaded);
      request.send(body);
    });

    /* The same request again and again until the other side says something. */
    const insist = (mine, percent, address, body, headers, moved) => {
      let wait = 1000;
      const attempt = () => send(address, body, headers, moved).then((answer) => {
        if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
        return answer;
      }).catch((error) => {
        if (mine !== run) throw error;
        say(words.waiting, percent());
        return new Promise((resolve) => {
          const timer = window.setTimeout(resolve, wait);
          window.addEventListener("online", () => {
            window.clearTimeout(timer);
            resolve();
          }, { once: true });
        }).then(() => {
          wait = Math.min(wait * 2, LONGEST_WAIT);
          if (mine !== run) throw error;
          return attempt();
        });
      });
      return attempt();
    };

    const refused = (answer) => {
      if (answer.status === 422 && answer.body && answer.body.message) return answer.body.message;
      return answer.body ? words.refused : words.signed_out; /* a page instead of an answer asks to sign in */
    };

    const go = (file, mine) => {
      let done = 0;
      let spoken = -10;
      const percent = () => Math.min(99, Math.floor((100 * done) / file.size));
      const moved = (extra) => {
        const now = Math.min(99, Math.floor((100 * Math.min(file.size, done + extra)) / file.size));
        const loud = now >= spoken + 10; /* a reading voice is told every tenth part */
        if (loud) spoken = now;
        say(words.sending.replace("{percent}", now), now, !loud);
      };
      const stopHere = (text) => {
        const error = new Error(text);
        error.told = text;
        throw error;
      };
      return read(file).then(digest).then((sha256) => insist(
        mine, percent, input.getAttribute("data-pieces"),
        JSON.stringify({ name: file.name, size: file.size, sha256, purpose: input.getAttribute("data-purpose") }),
        { "Content-Type": "application/json" },
      )).then((answer) => {
        if (mine !== run) return null;
        if (answer.status !== 200 || !answer.body) stopHere(refused(answer));
        const transfer = answer.body;
        const missing = [];
        for (let number = 0; number < transfer.pieces; number += 1) {
          if (transfer.have.indexOf(number) < 0) missing.push(number);
        }
        done = Math.min(file.size, transfer.have.length * transfer.piece_size);
        if (transfer.have.length) say(words.going_on.replace("{percent}", percent()), percent());
        const next = () => {
          if (mine !== run || !missing.length) return transfer;
          const number = missing.shift();
          const part = file.slice(number * transfer.piece_size, (number + 1) * transfer.piece_size);
          return read(part).then((bytes) => digest(bytes).then((hash) => insist(
            mine, percent, `${transfer.address}${number}/`, bytes,
            { "Content-Type": "application/octet-stream", "X-Piece-SHA256": hash }, moved,
          ))).then((piece) => {
            if (mine !== run) return null;
            if (piece.status !== 200 || !piece.body) stopHere(refused(piece));
            done += part.size;
            moved(0);
            return next();
          });
        };
        return next();
      });
    };

    const start = (file) => {
      run += 1;
      const mine = run;
      busy = true;
      stop.hidden = false;
      hidden.value = "";
      say(words.reading, 0);
      go(file, mine).then((transfer) => {
        if (mine !== run || !transfer) return;
        hidden.value = transfer.id;
        input.removeAttribute("name"); /* it has arrived, so the form need not carry it again */
        settle(words.arrived, 100);
        if (wanted) {
          const button = wanted.button;
          wanted = null;
          if (form.requestSubmit) form.requestSubmit(button || undefined);
          else form.submit();
        }
      }).catch((error) => {
        if (mine !== run) return;
        wanted = null;
        settle(error.told || words.refused, 0);
      });
    };

    input.addEventListener("change", () => {
      input.setAttribute("name", name);
      wanted = null;
      run += 1;
      if (asked) asked.abort();
      const file = input.files && input.files[0];
      if (!file) {
        busy = false;
        hidden.value = "";
        box.hidden = true;
        return;
      }
      if (file.size > most) {
        hidden.value = "";
        settle(words.too_large, 0);
        return;
      }
      if (file.size) start(file);
    });
    stop.addEventListener("click", () => {
      run += 1;
      wanted = null;
      if (asked) asked.abort();
      input.value = "";
      settle(words.stopped, 0);
    });
    form.addEventListener("submit", (event) => {
      if (!busy) return;
      event.preventDefault(); /* handed in as soon as the file is there */
      wanted = { button: event.submitter || null };
    });
    if (hidden.value) settle(words.kept, 100);
  };

  try {
    if (!able()) return;
    Array.prototype.forEach.call(document.querySelectorAll("input[type=file][data-pieces]"), enhance);
  } catch (error) {
    if (window.console) console.warn(error);
  }
})();
