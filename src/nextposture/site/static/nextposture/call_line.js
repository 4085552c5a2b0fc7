// The line to the server that a call is arranged over. It comes back by itself after a dropped network.

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8000;
const SILENT_MS = 45000; // the server says something every 15 s; a line that is silent for so long is dead
const IN_FLIGHT = 2;

export class CallLine {
  // `heard(message)` gets what the server says, `up()` and `down()` hear of the line, `refused(code)` of its end.
  constructor(address, { heard, up, down, refused }) {
    Object.assign(this, { heard, up, down, refused });
    this.url = new URL(address, window.location.href);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.retryMs = FIRST_RETRY_MS;
    this.unanswered = 0;
    window.addEventListener("online", () => this.retryNow());
    window.addEventListener("offline", () => this.drop());
    this.watch = setInterval(() => {
      if (this.socket && performance.now() - this.heardAt > SILENT_MS) this.drop();
    }, 5000);
  }

  open() {
    if (this.socket || this.over) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.retryMs = FIRST_RETRY_MS;
      this.unanswered = 0;
      this.isUp = true;
      this.up();
    };
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      this.heardAt = performance.now();
      const message = JSON.parse(data);
      if (message.is === "show" || message.is === "idle") this.unanswered = Math.max(0, this.unanswered - 1);
      this.heard(message);
    };
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.closed(code);
    };
  }

  closed(code) {
    this.socket = null;
    const was = this.isUp;
    this.isUp = false;
    if (this.over) return;
    // 44xx: the server refused, and would again.
    if (code >= 4400 && code < 4500) {
      this.close();
      this.refused(code);
      return;
    }
    if (was) this.down();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }

  drop() {
    const { socket } = this;
    if (!socket) return;
    this.closed(1006);
    socket.close();
  }

  retryNow() {
    clearTimeout(this.retry);
    this.retryMs = FIRST_RETRY_MS;
    this.open();
  }

  say(message) {
    if (!this.isUp) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  // Landmarks of one picture; let go, not queued, while two are unanswered.
  picture(numbers) {
    if (!this.isUp || this.unanswered >= IN_FLIGHT || this.socket.bufferedAmount > 0) return;
    this.unanswered += 1;
    this.socket.send(numbers);
  }

  close() {
    this.over = true;
    clearInterval(this.watch);
    clearTimeout(this.retry);
    this.socket?.close();
  }
}
