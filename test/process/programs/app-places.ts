/** What the app that is killed and its judge agree on. */
export const app = 'killed'

export const isDropped = (number: number): boolean => number % 10 === 0

/** The input topics of the stops, in the order of the line. */
export const topics = { check: `${app}.check`, filter: `${app}.filter`, keep: `${app}.keep` } as const
