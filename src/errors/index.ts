export { MetrobusError, familyOf, isMetrobusError } from './error.ts'
export type { ErrorCode, ErrorFacts, ErrorFamily } from './error.ts'
export { catalogue } from './catalogue.ts'
