// The connection from browser to browser: picture, sound, and landmarks of the person's pose.
// One side offers, always the same, so two offers never cross. A lost way is looked for anew (ICE restart).

const DISCONNECTED_MS = 2500; // a gap this long is not a hiccup
const AGAIN_MS = 8000;
const BEHIND_BYTES = 4096; // landmarks that wait this deep are old

export class CallPeer {
  // `offers`: whether this side does. `send(signal)` reaches the other side; `state(name)`, `landmarks(numbers)`.
  constructor({ offers, relayOnly, ice, send, remote, state, landmarks }) {
    Object.assign(this, { offers, send, remote, state, landmarks });
    this.own = new MediaStream();
    this.tracks = { audio: null, video: null };
    this.waiting = [];
    this.policy = { iceTransportPolicy: relayOnly ? "relay" : "all", bundlePolicy: "max-bundle" };
    this.pc = new RTCPeerConnection({ ...this.policy, iceServers: ice });
    this.channel = this.pc.createDataChannel("pose", { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    this.channel.binaryType = "arraybuffer";
    this.channel.onmessage = ({ data }) => this.landmarks?.(new Float32Array(data));
    this.pc.onicecandidate = ({ candidate }) => candidate && this.send({ candidate: candidate.toJSON() });
    this.pc.ontrack = ({ track }) => this.remote.addTrack(track);
    this.pc.onconnectionstatechange = () => this.changed();
  }

  // After this the tracks are those of `tracks`, and an offer goes out if it is this side's to make.
  async begin(tracks) {
    this.tracks = { ...this.tracks, ...tracks };
    if (!this.offers) return;
    for (const kind of ["audio", "video"]) {
      const lane = this.pc.addTransceiver(kind, { direction: "sendrecv", streams: [this.own] });
      await lane.sender.replaceTrack(this.tracks[kind]);
    }
    await this.offer();
  }

  refresh(ice) {
    this.pc.setConfiguration({ ...this.policy, iceServers: ice });
  }

  async setTrack(kind, track) {
    this.tracks[kind] = track;
    const lane = this.pc.getTransceivers().find((one) => one.receiver.track.kind === kind);
    await lane?.sender.replaceTrack(track);
  }

  async offer(restart = false) {
    if (this.offering) return;
    this.offering = true;
    try {
      if (this.pc.signalingState === "have-local-offer") await this.pc.setLocalDescription({ type: "rollback" });
      await this.pc.setLocalDescription(await this.pc.createOffer({ iceRestart: restart }));
      this.send({ description: this.pc.localDescription });
    } finally {
      this.offering = false;
    }
  }

  // Signals are taken one after another, in the order they came in.
  hear(signal) {
    this.last = (this.last ?? Promise.resolve()).then(() => this.take(signal)).catch((problem) => {
      if (this.pc.signalingState !== "closed") console.debug(problem);
    });
    return this.last;
  }

  async take({ description, candidate, restart }) {
    const { pc } = this;
    if (restart) return this.offers ? this.offer(true) : undefined;
    if (candidate) {
      if (!pc.remoteDescription) this.waiting.push(candidate);
      else await pc.addIceCandidate(candidate);
      return undefined;
    }
    if (description.type === "answer" && pc.signalingState !== "have-local-offer") return undefined;
    await pc.setRemoteDescription(description);
    for (const one of this.waiting.splice(0)) await pc.addIceCandidate(one);
    if (description.type !== "offer") return undefined;
    for (const lane of pc.getTransceivers()) {
      lane.direction = "sendrecv";
      lane.sender.setStreams(this.own);
      await lane.sender.replaceTrack(this.tracks[lane.receiver.track.kind]);
    }
    await pc.setLocalDescription();
    this.send({ description: pc.localDescription });
    return undefined;
  }

  get connected() {
    return this.pc.connectionState === "connected";
  }

  changed() {
    const name = this.pc.connectionState;
    clearTimeout(this.later);
    if (name === "disconnected") this.later = setTimeout(() => this.restart(), DISCONNECTED_MS);
    if (name === "failed") this.restart();
    this.state(name);
  }

  // Look for a way anew, until there is one.
  restart() {
    clearTimeout(this.later);
    if (this.connected || this.pc.connectionState === "closed") return;
    if (this.offers) this.offer(true).catch(() => undefined);
    else this.send({ restart: true });
    this.later = setTimeout(() => this.restart(), AGAIN_MS);
  }

  // Landmarks for the other side to draw; old ones are worth nothing, so none are queued.
  show(numbers) {
    if (this.channel.readyState === "open" && this.channel.bufferedAmount < BEHIND_BYTES) this.channel.send(numbers);
  }

  // "relay" where the two reach each other through the relay only, else "direct"; empty where not connected.
  async way() {
    const stats = await this.pc.getStats();
    for (const one of stats.values())
      if (one.type === "transport" && one.selectedCandidatePairId) {
        const pair = stats.get(one.selectedCandidatePairId);
        return stats.get(pair.localCandidateId)?.candidateType === "relay" ? "relay" : "direct";
      }
    return "";
  }

  close() {
    clearTimeout(this.later);
    this.pc.close();
    for (const track of this.remote.getTracks()) this.remote.removeTrack(track);
  }
}
