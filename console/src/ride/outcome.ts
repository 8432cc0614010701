/** How a visit ended, in words. */

export function outcomeWords(outcome: string): string {
  const [word = '', detail] = outcome.split(/:(.*)/s)
  switch (word) {
    case 'forward':
      return 'went on'
    case 'dead':
      return 'given up'
    case 'parked':
      return 'retrying'
    case 'split':
      return `split into ${detail}`
    default:
      return detail === undefined ? word : `${word}: ${detail}`
  }
}

/** The class of its row. */
export const outcomeClass = (outcome: string): string =>
  outcome === 'dead'
    ? 'failing'
    : outcome === 'parked'
      ? 'retrying'
      : outcome === 'waiting'
        ? 'waiting'
        : outcome.startsWith('dropped') || outcome.startsWith('discarded')
          ? 'dropped'
          : 'done'
