// The way of landmarks to the server and of its answers back. Pictures that it cannot take in time are let go.

const IN_FLIGHT = 2;
const RETRY_MS = 1500;

export class CameraLink {
  // `heard(message, tookMs)` gets every answer; `lost()` and `back()` hear of the connection.
  constructor(address, { heard, lost, back }) {
    Object.assign(this, { address, heard, lost, back });
    this.sent = []; // when the pictures were taken that are not answered yet
    this.closed = false;
    this.dropped = 0;
  }

  open() {
    return new Promise((resolve) => {
      const url = new URL(this.address, window.location.href);
      url.protocol = url.protocol.replace("http", "ws");
      const socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        this.socket = socket;
        this.sent = [];
        resolve(true);
      };
      socket.onmessage = ({ data }) => this.hear(JSON.parse(data));
      socket.onclose = ({ code }) => {
        resolve(false);
        if (this.socket === socket || !this.socket) this.onClosed(code);
      };
    });
  }

  onClosed(code) {
    this.socket = null;
    if (this.closed) return;
    this.lost?.(code);
    // 44xx: the server refused, and would again.
    if (code >= 4400 && code < 4500) return;
    setTimeout(async () => {
      if (!this.closed && !this.socket && (await this.open())) this.back?.();
    }, RETRY_MS);
  }

  hear(message) {
    let tookMs = null;
    if (message.is === "show" || message.is === "idle") {
      const takenAt = this.sent.shift();
      tookMs = performance.timeOrigin + performance.now() - takenAt;
    }
    this.heard(message, tookMs);
  }

  // Whether the picture was sent; it is not while two are unanswered.
  picture(numbers, takenAt) {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
    if (this.sent.length >= IN_FLIGHT || this.socket.bufferedAmount > 0) {
      this.dropped += 1;
      return false;
    }
    this.sent.push(takenAt);
    this.socket.send(numbers);
    return true;
  }

  say(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.closed = true;
    this.socket?.close();
  }
}
