/** Where the page is, in the part of the address behind `#`: links to every place, without a server that knows them. */
import { useEffect, useState } from 'preact/hooks'

export const href = (...parts: readonly string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`

function partsOf(hash: string): readonly string[] {
  return hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map((part) => {
      try {
        return decodeURIComponent(part)
      } catch {
        return part
      }
    })
}

export function usePlace(): readonly string[] {
  const [parts, setParts] = useState(() => partsOf(location.hash))
  useEffect(() => {
    const listener = (): void => setParts(partsOf(location.hash))
    addEventListener('hashchange', listener)
    return () => removeEventListener('hashchange', listener)
  }, [])
  return parts
}
