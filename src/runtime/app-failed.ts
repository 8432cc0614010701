import { MetrobusError } from '../errors/index.ts'
import type { Engine } from './engine.ts'

/** What whoever waits for an app is told when it cannot go on; whether his event is durable is not known. */
export function appFailed({ definition, failure }: Engine): MetrobusError {
  return new MetrobusError('MB_APP_FAILED', { app: definition.name }, { cause: failure })
}
