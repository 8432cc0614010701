/** Numbers and times for people. With `--json` none of this is used. */

/** `1.2 MiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** `850 ms`, `3.2 s`, `4 min`, `5 h`, `6 d`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${ms < 10 && !Number.isInteger(ms) ? ms.toFixed(2) : Math.round(ms)} ms`
  const seconds = ms / 1000
  if (seconds < 120) return `${seconds.toFixed(1)} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

/** `2026-01-31 12:00:00.000`, in UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
}

/** One line of at most so many characters. */
export function oneLine(text: string, lengthMax: number): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  return flat.length <= lengthMax ? flat : `${flat.slice(0, lengthMax - 1)}…`
}
