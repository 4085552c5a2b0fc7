// The spine in three dimensions. Draws only when something changed; nothing runs while nobody touches it.

import {
  BackSide,
  BufferAttribute,
  BufferGeometry,
  Color,
  CylinderGeometry,
  Matrix4,
  Mesh,
  PerspectiveCamera,
  Quaternion,
  Scene,
  ShaderMaterial,
  Vector3,
  WebGLRenderer,
} from "../vendor/three/three.module.js";

const mostTension = 60; // N, the fullest red
const around = 6; // sides of a fascicle's tube
const thin = 0.0014; // its radius, m: slack, and what the fullest pull adds
const thicker = 0.0016;
const nerve = 0.0009; // radius of a nerve's line, m
const stout = 1.8; // iliacus is one line in the model, and broad in people
const behind = 0.003; // m, from a joint's centre to the middle of its disc
const edge = 0.0009; // m, the ink around a bone
const step = Math.PI / 24; // of an arrow key
const faces = { side: [Math.PI / 2, 0.06], front: [Math.PI * 0.06, 0.1], back: [Math.PI * 0.94, 0.1] };
const first = [Math.PI * 0.2, 0.12];
// Where each posture's middle is (m), and how much has to fit: half the height, half the width.
const frames = {
  standing: { centre: [-0.04, -0.02, 0], tall: 0.3, wide: 0.19 },
  sitting: { centre: [0.03, 0.015, 0], tall: 0.27, wide: 0.25 },
};
const askew = new Vector3(0.5, 0.1, 0.86); // along no muscle and no nerve, to set off sideways from
const software = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** A view on `canvas`; throws where there is no WebGL. */
export async function createView(canvas, bonesAddress) {
  const slow = inSoftware();
  const renderer = new WebGLRenderer({ canvas, antialias: !slow });
  renderer.setPixelRatio(slow ? 1 : Math.min(2, devicePixelRatio));
  const answer = await fetch(bonesAddress);
  if (!answer.ok) throw new Error("no bones");
  return new View(canvas, renderer, readBones(await answer.arrayBuffer()));
}

/** Whether WebGL is computed by the processor; smooth edges then cost more than they give. Throws without. */
function inSoftware() {
  const probe = document.createElement("canvas").getContext("webgl2");
  if (!probe) throw new Error("no WebGL");
  const named = probe.getExtension("WEBGL_debug_renderer_info");
  const name = named ? probe.getParameter(named.UNMASKED_RENDERER_WEBGL) : "";
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  return software.test(name);
}

/** The bones in the file that the build wrote: name, body and geometry of each. */
function readBones(data) {
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let at = 4 + length;
  const points = header.map((row) => {
    const own = new Float32Array(data.slice(at, at + 12 * row.vertices));
    at += 12 * row.vertices;
    return own;
  });
  return header.map((row, place) => {
    const corners = new Uint16Array(data.slice(at, at + 6 * row.triangles));
    at += 6 * row.triangles;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(points[place], 3));
    geometry.setIndex(new BufferAttribute(corners, 1));
    geometry.computeVertexNormals();
    return { name: row.name, body: row.body, geometry };
  });
}

/**
 * A plain colour with one light that comes with the onlooker, reckoned for each corner and not for each pixel:
 * without a graphics card that is half the work. Colours are the stylesheet's own, untouched.
 */
function paint({ lit = 0, opacity = 1, ...options }) {
  return new ShaderMaterial({
    uniforms: { colour: { value: new Vector3() }, lit: { value: lit }, opacity: { value: opacity } },
    vertexShader: `
      uniform vec3 colour;
      uniform float lit;
      varying vec3 tint;
      void main() {
        float towards = dot(normalize(normalMatrix * normal), normalize(vec3(0.45, 0.7, 0.75)));
        #ifdef USE_COLOR
          tint = color;
        #else
          tint = colour;
        #endif
        tint *= mix(1.0, 0.66 + 0.36 * max(0.0, towards), lit);
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      uniform float opacity;
      varying vec3 tint;
      void main() {
        gl_FragColor = vec4(tint, opacity);
      }`,
    ...options,
  });
}

/** One geometry of several, for one call to draw them. */
function merged(geometries) {
  const whole = new BufferGeometry();
  for (const name of ["position", "normal"]) {
    const parts = geometries.map((one) => one.getAttribute(name).array);
    const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    whole.setAttribute(name, new BufferAttribute(joined, 3));
  }
  const corners = [];
  let base = 0;
  for (const one of geometries) {
    for (const corner of one.getIndex().array) corners.push(corner + base);
    base += one.getAttribute("position").count;
  }
  whole.setIndex(corners);
  return whole;
}

/** The same, a little larger along its normals: seen from inside it is an outline. */
function grown(geometry) {
  const larger = geometry.clone();
  const at = larger.getAttribute("position");
  const normal = larger.getAttribute("normal");
  for (let k = 0; k < at.array.length; k++) at.array[k] += edge * normal.array[k];
  return larger;
}

/** Room for so many tubes of so many points each, in one geometry. */
function tubes(count, points, material) {
  const geometry = new BufferGeometry();
  for (const name of ["position", "normal", "color"]) {
    geometry.setAttribute(name, new BufferAttribute(new Float32Array(3 * count * points * around), 3));
  }
  const corners = [];
  for (let tube = 0; tube < count; tube++) {
    for (let ring = 0; ring < points - 1; ring++) {
      for (let k = 0; k < around; k++) {
        const a = (tube * points + ring) * around + k;
        const b = (tube * points + ring) * around + ((k + 1) % around);
        corners.push(a, a + around, b, b, a + around, b + around);
      }
    }
  }
  geometry.setIndex(corners);
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  return mesh;
}

/** Lay one of the tubes along a path; `radius` (m) is a function of the share of the way. */
function lay(mesh, tube, path, radius, colour) {
  const [at, out, tint] = ["position", "normal", "color"].map((name) => mesh.geometry.getAttribute(name));
  const points = path.length / 3;
  const [along, sideways, upright, ray] = Array.from({ length: 4 }, () => new Vector3());
  let vertex = tube * points * around;
  for (let ring = 0; ring < points; ring++) {
    const ahead = Math.min(ring + 1, points - 1) * 3;
    const before = Math.max(ring - 1, 0) * 3;
    const [x, y, z] = path.slice(ring * 3, ring * 3 + 3);
    along.set(path[ahead] - path[before], path[ahead + 1] - path[before + 1], path[ahead + 2] - path[before + 2]);
    along.normalize();
    sideways.crossVectors(along, askew).normalize();
    upright.crossVectors(sideways, along);
    const wide = radius(ring / (points - 1));
    for (let k = 0; k < around; k++, vertex++) {
      const angle = (2 * Math.PI * k) / around;
      ray.copy(sideways).multiplyScalar(Math.cos(angle)).addScaledVector(upright, Math.sin(angle));
      out.setXYZ(vertex, ray.x, ray.y, ray.z);
      at.setXYZ(vertex, x + wide * ray.x, y + wide * ray.y, z + wide * ray.z);
      tint.setXYZ(vertex, colour.r, colour.g, colour.b);
    }
  }
  for (const part of [at, out, tint]) part.needsUpdate = true;
}

class View {
  #canvas;
  #renderer;
  #scene = new Scene();
  #camera = new PerspectiveCamera(24, 1, 0.1, 5);
  #bodies = new Map(); // body -> the meshes that move with it, now and before
  #discs = [];
  #muscles;
  #nerves;
  #colours = {};
  #materials;
  #turn = [...first];
  #posture = "standing";
  #shown = null;
  #asked = false;

  constructor(canvas, renderer, bones) {
    this.#canvas = canvas;
    this.#renderer = renderer;
    this.#materials = {
      bone: paint({ lit: 1 }),
      edge: paint({ side: BackSide }),
      ilium: paint({ lit: 1, transparent: true, opacity: 0.6 }),
      iliumEdge: paint({ side: BackSide, transparent: true }),
      before: paint({
        transparent: true,
        opacity: 0.45,
        depthWrite: false,
        polygonOffset: true,
        polygonOffsetFactor: 3,
        polygonOffsetUnits: 3,
      }),
      disc: paint({ lit: 1 }),
      muscle: paint({ lit: 1, vertexColors: true }),
      nerve: paint({ transparent: true, vertexColors: true, depthTest: false }),
    };
    // One mesh a body; the ilia apart, because one looks through them at the muscles.
    for (const body of new Set(bones.map((bone) => bone.body))) {
      this.#bodies.set(body, { now: [], before: [] });
      const own = bones.filter((bone) => bone.body === body);
      const clear = own.filter((bone) => bone.name.startsWith("pelvis"));
      for (const [part, face, line] of [
        [own.filter((bone) => !clear.includes(bone)), "bone", "edge"],
        [clear, "ilium", "iliumEdge"],
      ]) {
        if (part.length) this.#add(body, merged(part.map((bone) => bone.geometry)), face, line);
      }
    }
    const disc = new CylinderGeometry(1, 1, 1, 24);
    for (let level = 0; level < 5; level++) {
      const mesh = new Mesh(disc, this.#materials.disc);
      this.#discs.push(mesh);
      this.#scene.add(mesh);
    }
    this.#listen();
    this.#colour();
  }

  /** A bone as it is now, its outline, and how it was before. What is clear comes after what is behind it. */
  #add(body, geometry, face, line) {
    const flat = geometry.toNonIndexed();
    flat.computeVertexNormals();
    const shapes = { [face]: flat, [line]: grown(geometry), before: geometry };
    const meshes = [face, line, "before"].map((name, order) => {
      const mesh = new Mesh(shapes[name], this.#materials[name]);
      mesh.renderOrder = order + 1;
      mesh.matrixAutoUpdate = false;
      this.#scene.add(mesh);
      return mesh;
    });
    const known = this.#bodies.get(body);
    known.now.push(meshes[0], meshes[1]);
    known.before.push(meshes[2]);
  }

  /** Show `after`, with `before` faintly behind it, and the nerves' paths if there are any. */
  show(posture, before, after, nerves) {
    this.#posture = posture;
    this.#shown = [posture, before, after, nerves];
    for (const [body, { now, before: faint }] of this.#bodies) {
      const place = pose(after.bodies[body], after.scale);
      for (const mesh of now) mesh.matrix.copy(place);
      // where nothing moved there is nothing to overlay
      const moved = after.bodies[body].some((value, k) => Math.abs(value - before.bodies[body][k]) > 1e-4);
      for (const mesh of faint) {
        mesh.matrix.copy(pose(before.bodies[body], before.scale));
        mesh.visible = moved;
      }
    }
    after.discs.forEach(([x, y, z, nx, ny, nz], level) => {
      const mesh = this.#discs[level];
      mesh.position.set(x - behind * ny, y + behind * nx, z);
      mesh.quaternion.copy(new Quaternion().setFromUnitVectors(new Vector3(0, 1, 0), new Vector3(nx, ny, nz)));
      mesh.scale.set(0.0165 * after.scale, 0.0095 * after.scale, 0.0235 * after.scale);
    });
    this.#pull(after.fascicles);
    this.#run(nerves);
    this.draw();
  }

  /** Turn to one of the named sides. */
  face(name) {
    this.#turn = [...faces[name]];
    this.draw();
  }

  /** Turn by so many radians around the upright axis, and up. */
  turn(round, up) {
    this.#turn[0] += round;
    this.#turn[1] = Math.max(-0.9, Math.min(1.2, this.#turn[1] + up));
    this.draw();
  }

  /** Fit the picture to the canvas's size on the page. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width || !height) return;
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.draw();
  }

  /** Draw at the next frame, once however often it is asked for. */
  draw() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#render();
    });
  }

  #render() {
    const frame = frames[this.#posture];
    const [round, up] = this.#turn;
    const half = Math.tan((this.#camera.fov * Math.PI) / 360);
    const away = Math.max(frame.tall / half, frame.wide / (half * this.#camera.aspect)) + 0.12;
    const centre = new Vector3(...frame.centre);
    // 0 looks at the front; a quarter turn at the right side
    this.#camera.position.set(
      centre.x + away * Math.cos(up) * Math.cos(round),
      centre.y + away * Math.sin(up),
      centre.z + away * Math.cos(up) * Math.sin(round),
    );
    this.#camera.lookAt(centre);
    this.#camera.updateProjectionMatrix();
    this.#renderer.render(this.#scene, this.#camera);
  }

  /** Tubes along the fascicles, all in one geometry; its arrays are made once and filled again. */
  #pull(fascicles) {
    if (!this.#muscles) {
      this.#muscles = tubes(fascicles.length, fascicles[0].path.length / 3, this.#materials.muscle);
      this.#scene.add(this.#muscles);
    }
    const colour = new Color();
    fascicles.forEach(({ name, path, tension }, tube) => {
      const pull = Math.min(1, Math.log1p(Math.max(0, tension)) / Math.log1p(mostTension));
      colour.lerpColors(this.#colours.slack, this.#colours.muscle, pull);
      const radius = (thin + thicker * pull) * (name === "iliacus" ? stout : 1);
      // a belly in the middle, tendons at the ends
      lay(this.#muscles, tube, path, (share) => radius * (0.55 + 0.75 * Math.sin(Math.PI * share)), colour);
    });
  }

  /** The nerves, if there are any. */
  #run(nerves) {
    if (this.#nerves) this.#nerves.visible = nerves.length > 0;
    if (!nerves.length) return;
    if (!this.#nerves) {
      this.#nerves = tubes(nerves.length, nerves[0].length / 3, this.#materials.nerve);
      this.#nerves.renderOrder = 4;
      this.#scene.add(this.#nerves);
    }
    nerves.forEach((path, tube) => lay(this.#nerves, tube, path, () => nerve, this.#colours.ink));
  }

  /** Take the colours of the paper that is chosen now. */
  #colour() {
    const probe = document.createElement("span");
    this.#canvas.after(probe);
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return new Color(getComputedStyle(probe).color);
    };
    const plain = (name) => read(name).convertLinearToSRGB();
    this.#colours = { slack: plain("muscle-slack"), muscle: plain("muscle-pulling"), ink: plain("ink") };
    for (const [material, name] of Object.entries({
      bone: "bone-2",
      ilium: "bone-2",
      edge: "bone-edge",
      iliumEdge: "bone-edge",
      before: "grey-3",
      disc: "grey-3",
    })) {
      const { r, g, b } = plain(name);
      this.#materials[material].uniforms.colour.value.set(r, g, b);
    }
    this.#renderer.setClearColor(read("paper-sunk"));
    probe.remove();
    if (this.#shown) this.show(...this.#shown);
    this.draw();
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
      if (event.key in by) {
        this.turn(...by[event.key]);
        event.preventDefault();
      } else if (event.key === "Home") {
        this.#turn = [...first];
        this.draw();
        event.preventDefault();
      }
    });
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons && canvas.hasPointerCapture(event.pointerId)) {
        this.turn(event.movementX * 0.008, event.pointerType === "touch" ? 0 : event.movementY * 0.006);
      }
    });
    canvas.addEventListener("webglcontextrestored", () => this.draw());
    new ResizeObserver(() => this.fit()).observe(canvas);
    new MutationObserver(() => this.#colour()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#colour());
  }
}

/** Where a bone is: origin, then the rotation's rows, scaled from the reference size. */
function pose([x, y, z, a, b, c, d, e, f, g, h, i], scale) {
  const s = scale;
  return new Matrix4().set(a * s, b * s, c * s, x, d * s, e * s, f * s, y, g * s, h * s, i * s, z, 0, 0, 0, 1);
}
