// Sends a pile of files as one batch, three at a time. What was lost on the way is sent again; nothing is sent twice.

const AT_ONCE = 3;
const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const SILENCE = 60_000; // ms without a sign of life after which a connection counts as lost
const FULL = new Set(["batch_full", "batch_closed"]);
const LOOK_AGAIN = 10_000; // ms between two looks whether somebody has signed in again
const OUR_FAULTS = 5; // answers of "something broke" after which a file is given up

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// An answer of the server; its status is 0 where none came.
function post(address, body, progress = () => {}, stop = null) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let timer = null;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => request.abort(), SILENCE);
    };
    const end = () => {
      clearTimeout(timer);
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // No answer, or a page of some proxy: the status says enough.
      }
      resolve({ status: request.status, answer, pause: Number(request.getResponseHeader("Retry-After")) * 1_000 });
    };
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      alive();
      progress(event.loaded);
    });
    request.addEventListener("loadend", end);
    stop?.addEventListener("abort", () => request.abort());
    alive();
    request.send(body);
  });
}

async function get(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(SILENCE) });
    return { status: response.redirected ? 401 : response.status, answer: await response.json().catch(() => null) };
  } catch {
    return { status: 0, answer: null };
  }
}

async function readable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// The batch is given up as a whole, for a reason that the person is told.
export class Refused extends Error {}

export class Sending {
  // `addresses`: open, token; `fields`: what is said of the batch; `token`: of the form; `view` shows what happens:
  // changed(entry), progress(), trouble(kind, counts), fine(), and again(), which resolves when it is to be tried;
  // named(entry) is what a file is called, words(name) a sentence; remember(page) outlives the page, for remembered().
  constructor({ addresses, fields, token, entries, view }) {
    Object.assign(this, { addresses, fields, token, entries, view });
    this.stopped = new AbortController();
    this.mending = null;
    this.untaken = false; // whether there is a file that the batch's own page says nothing of
  }

  get left() {
    return this.entries.filter((entry) => entry.state === "waiting" || entry.state === "sending").length;
  }

  // The share of all bytes that are there.
  get share() {
    let [there, all] = [0, 0];
    for (const entry of this.entries) {
      all += entry.file.size;
      there += entry.state === "waiting" || entry.state === "sending" ? Math.min(entry.loaded, entry.file.size) : entry.file.size;
    }
    return all ? there / all : 1;
  }

  // Resolves to the address of the batch's page once all is there.
  async run() {
    this.page = (await this.interrupted()) ?? (await this.open());
    this.view.remember(this.page);
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work()));
    const closed = await this.insist(() => post(`${this.page}close/`, this.body({})));
    if (closed.status >= 400 && closed.status !== 404) throw new Refused(closed.answer?.error?.message ?? "");
    this.view.remember("");
    return this.page;
  }

  async open() {
    const { status, answer } = await this.insist(() => post(this.addresses.open, this.body(this.fields)));
    if (status >= 400) throw new Refused(answer?.error?.message ?? "");
    return answer.url;
  }

  // The batch that some of these files were sent to before the page was closed or loaded again, if it is still open.
  async interrupted() {
    const page = this.view.remembered();
    if (!page) return null;
    const known = await get(`${page}files/`);
    const keys = new Set(this.entries.map((entry) => entry.key));
    if (known.status !== 200 || !known.answer?.files.some((file) => keys.has(file.key))) return null;
    if ((await get(`${page}progress/`)).answer?.state !== "open") return null;
    this.taken(known.answer);
    this.view.progress();
    return page;
  }

  // What is there is read; the rest stays behind.
  stop() {
    this.stopped.abort();
  }

  async work() {
    for (;;) {
      if (this.stopped.signal.aborted) return;
      const entry = this.entries.find((one) => one.state === "waiting");
      if (!entry) return;
      entry.state = "sending";
      await this.sendOne(entry);
      this.view.changed(entry);
      this.view.progress();
    }
  }

  async sendOne(entry) {
    const { status, answer } = await this.insist(() => this.attempt(entry), entry);
    entry.loaded = 0;
    if (this.stopped.signal.aborted && status === 0) entry.state = "waiting";
    else if (status === 404) throw new Refused(answer?.error?.message ?? "");
    else if (entry.state === "sending") {
      const refused = status >= 400 ? answer?.error : answer?.file?.error;
      entry.state = status >= 400 || answer?.file?.state === "failed" ? "refused" : "sent";
      if (entry.state === "refused") this.refuse(entry, refused?.message ?? this.view.words("broken"));
      // The server writes down what it cannot read; what it would not even take is known here alone.
      this.untaken ||= status >= 400 && !answer?.file;
      if (FULL.has(refused?.code)) this.refuseRest(refused.message);
    }
  }

  refuse(entry, problem) {
    Object.assign(entry, { state: "refused", problem });
    this.view.changed(entry);
  }

  // A batch that is full or closed takes none of the others either: they need not be sent to learn that.
  refuseRest(problem) {
    for (const entry of this.entries) if (entry.state === "waiting") this.refuse(entry, problem);
  }

  async attempt(entry) {
    if (entry.state !== "sending") return { status: 200, answer: null }; // it had arrived all the same
    if (!(await readable(entry.file))) return { status: 400, answer: { error: { message: this.view.words("moved") } } };
    const body = this.body({ key: entry.key, path: this.view.named(entry), place: this.entries.indexOf(entry) });
    body.append("image", entry.file, entry.file.name);
    return post(`${this.page}files/`, body, (loaded) => {
      entry.loaded = loaded;
      this.view.progress();
    }, this.stopped.signal);
  }

  body(fields) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.token);
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return body;
  }

  // Asks until there is an answer that asking again would not change.
  async insist(ask, entry = null) {
    let renewed = false;
    for (let faults = 0; ; ) {
      const said = await ask();
      if (entry && !(said.status >= 200 && said.status < 300)) {
        entry.loaded = 0; // what was sent of it is not there
        this.view.progress();
      }
      if (said.status === 0 && this.stopped.signal.aborted && entry) return said;
      if (said.status === 401) await this.mend("signedOut");
      else if (said.status === 403 && !renewed) renewed = await this.renew();
      else if (said.status === 429) await wait(said.pause || PAUSES[2]);
      else if (said.status === 0 || said.status >= 500) {
        faults += said.status === 500 ? 1 : 0;
        if (faults >= OUR_FAULTS) return said;
        await this.mend("lost");
      } else return said;
    }
  }

  // One mending at a time, for all that are being sent.
  mend(kind) {
    this.mending ??= (kind === "lost" ? this.reconnect() : this.comeBack()).finally(() => {
      this.mending = null;
      this.view.fine();
    });
    return this.mending;
  }

  async reconnect() {
    for (let failures = 0; ; failures += 1) {
      this.view.trouble("lost", { left: this.left, all: this.entries.length });
      await Promise.race([wait(PAUSES[Math.min(failures, PAUSES.length - 1)]), this.view.again()]);
      if (this.stopped.signal.aborted && !this.page) return;
      const { status, answer } = this.page ? await get(`${this.page}files/`) : await get(this.addresses.token);
      if (status === 401) return this.comeBack();
      if (status === 200 && answer) return this.taken(answer);
      if (status >= 400 && status < 500) return; // the next request will say what is the matter
    }
  }

  // What had arrived although its answer was lost is not sent again.
  taken({ files = [] }) {
    const there = new Map(files.map((file) => [file.key, file]));
    for (const entry of this.entries) {
      const file = there.get(entry.key);
      if (!file || (entry.state !== "waiting" && entry.state !== "sending")) continue;
      entry.state = file.state === "failed" ? "refused" : "sent";
      if (file.error) entry.problem = file.error.message;
      this.view.changed(entry);
    }
  }

  async comeBack() {
    do {
      this.view.trouble("signedOut", { left: this.left, all: this.entries.length });
      await Promise.race([wait(LOOK_AGAIN), this.view.again()]);
    } while (!(await this.renew()));
  }

  // Signing in again changes the token that forms are sent with.
  async renew() {
    const { status, answer } = await get(this.addresses.token);
    if (status === 200 && answer?.csrf) this.token = answer.csrf;
    return status === 200;
  }
}
