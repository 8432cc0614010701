/**
 * Trains on the lines: a few for each way that is used, faster after one another where more rides, never one for each event. They are moved by the browser's frames, and stand
 * still for who has asked for less motion.
 */
const trainsMax = 200
/** Of the drawing, a second. */
const speed = 110
const svg = 'http://www.w3.org/2000/svg'

interface Train {
  readonly circle: SVGCircleElement
  path: SVGPathElement
  length: number
  at: number
}

export interface Way {
  readonly path: SVGPathElement
  /** Events a second. */
  readonly rate: number
}

export class Trains {
  readonly #group: SVGGElement
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)')
  readonly #running: Train[] = []
  readonly #parked: Train[] = []
  #ways: readonly (Way & { due: number })[] = []
  #last = 0
  #frame = 0

  constructor(group: SVGGElement) {
    this.#group = group
    this.#frame = requestAnimationFrame((now) => this.#move(now))
  }

  /** What is used now; trains that are on their way go on. */
  set(ways: readonly Way[]): void {
    const due = new Map(this.#ways.map((way) => [way.path, way.due]))
    this.#ways = ways.map((way, index) => ({ ...way, due: due.get(way.path) ?? (index % 7) / 7 }))
  }

  end(): void {
    cancelAnimationFrame(this.#frame)
    this.#group.replaceChildren()
  }

  #move(now: number): void {
    const seconds = Math.min(0.1, (now - this.#last) / 1000)
    this.#last = now
    if (!this.#calm.matches) this.#step(seconds)
    else if (this.#running.length > 0) for (const train of this.#running.splice(0)) this.#park(train)
    this.#frame = requestAnimationFrame((later) => this.#move(later))
  }

  #step(seconds: number): void {
    for (let index = this.#running.length - 1; index >= 0; index--) {
      const train = this.#running[index]!
      train.at += speed * seconds
      if (train.at >= train.length || !train.path.isConnected) {
        this.#running.splice(index, 1)
        this.#park(train)
      } else this.#show(train)
    }
    for (const way of this.#ways) {
      // One a second for one event a second, two for ten, three for a hundred.
      way.due += seconds * (way.rate <= 0 ? 0 : Math.min(way.rate, 1 + Math.log10(Math.max(1, way.rate))))
      if (way.due < 1) continue
      way.due %= 1
      if (this.#running.length < trainsMax) this.#depart(way.path)
    }
  }

  #depart(path: SVGPathElement): void {
    const train = this.#parked.pop() ?? { circle: this.#made(), path, length: 0, at: 0 }
    train.path = path
    train.length = path.getTotalLength()
    train.at = 0
    train.circle.removeAttribute('visibility')
    this.#running.push(train)
    this.#show(train)
  }

  #made(): SVGCircleElement {
    const circle = document.createElementNS(svg, 'circle')
    circle.setAttribute('r', '3')
    circle.setAttribute('class', 'train')
    this.#group.append(circle)
    return circle
  }

  #show({ circle, path, at }: Train): void {
    const { x, y } = path.getPointAtLength(at)
    circle.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`)
  }

  #park(train: Train): void {
    train.circle.setAttribute('visibility', 'hidden')
    this.#parked.push(train)
  }
}
