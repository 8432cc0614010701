/** What the journal program and its judge agree on. */
export const partitions = 4
export const group = 'program'
export const topics = { arrived: 'program.arrived', moved: 'program.moved' } as const
