/** What things are called on the cluster: every name of an app has the prefix before it. */

/** The end of the name of a group's own topic. No topic of an app ends so: the parts of its names have no dots. */
const stateSuffix = '.metrobus.state'

export class Names {
  readonly #prefix: string

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** A topic or group as the cluster calls it. */
  outside(name: string): string {
    return this.#prefix + name
  }

  /** A topic or group as an app calls it; undefined for what has another prefix and for what is the cluster's own. */
  inside(name: string): string | undefined {
    return name.startsWith('__') || !name.startsWith(this.#prefix) ? undefined : name.slice(this.#prefix.length)
  }

  /** The topic of a group's tables, as an app calls it. */
  state(group: string): string {
    return group + stateSuffix
  }

  isState(name: string): boolean {
    return name.endsWith(stateSuffix)
  }
}
