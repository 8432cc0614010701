/** The fakes of a test as one process sees them: every call of one of their methods is told, and may be held or be the last. */

/** Told of a call; answers what the caller is given. `name` is `archive.put`. */
export type Told = (name: string, args: readonly unknown[], call: () => unknown) => unknown

type Method = (...args: readonly unknown[]) => unknown

/** The fakes with `told` around the functions among them, and around the methods of the objects among them. */
export function watched<Fakes extends object>(fakes: Fakes, told: Told): Fakes {
  const made = new Map<string | symbol, unknown>()
  return new Proxy(fakes, {
    get(target, name) {
      const fake: unknown = Reflect.get(target, name, target)
      if (!made.has(name)) made.set(name, watchedFake(String(name), fake, told))
      return made.get(name)
    },
  })
}

function watchedFake(name: string, fake: unknown, told: Told): unknown {
  if (typeof fake === 'function')
    return new Proxy(fake as Method, {
      apply: (real, self, args: readonly unknown[]) => told(name, args, () => Reflect.apply(real, self, args)),
    })
  if (typeof fake !== 'object' || fake === null) return fake
  const methods = new Map<unknown, Method>()
  return new Proxy(fake, {
    get(target, property) {
      // By the target itself: its private fields are not the proxy's.
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function' || typeof property === 'symbol') return value
      let method = methods.get(value)
      if (method === undefined) {
        method = (...args) => told(`${name}.${property}`, args, () => Reflect.apply(value, target, args))
        methods.set(value, method)
      }
      return method
    },
  })
}
