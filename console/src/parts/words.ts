/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat('en')

export const count = (value: number): string => whole.format(Math.round(value))

/** Events a second. */
export const rate = (value: number): string => (value === 0 ? '0' : value < 10 ? value.toFixed(1) : count(value))

export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1_000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
  return `${Math.floor(ms / 3_600_000)} h ${Math.round((ms % 3_600_000) / 60_000)} min`
}

export function bytes(value: number): string {
  if (value < 1024) return `${value} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length, Math.floor(Math.log2(value) / 10))
  return `${(value / 1024 ** power).toFixed(1)} ${units[power - 1]}`
}

/** As the clock of this machine shows it. */
export function time(value: string | number): string {
  const date = new Date(value)
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
