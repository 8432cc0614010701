/** FindCoordinator: which broker looks after a group or a transactional id. */
import { codes } from '../codes.ts'
import type { Api } from '../wire.ts'

export type CoordinatorKind = 'group' | 'transaction'

export interface FindCoordinatorQuestion {
  readonly kind: CoordinatorKind
  readonly key: string
}

export interface FindCoordinatorAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly node: number
  readonly host: string
  readonly port: number
}

export const findCoordinator: Api<FindCoordinatorQuestion, FindCoordinatorAnswer> = {
  name: 'FindCoordinator',
  key: 10,
  version: 5,
  encode: (writer, { kind, key }) =>
    writer
      .appendInt8(kind === 'group' ? 0 : 1)
      .appendArray([key], (w, one) => w.appendString(one), true, false)
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const [answer] = reader.readArray((coordinator) => {
      coordinator.readString()
      return {
        node: coordinator.readInt32(),
        host: coordinator.readString(),
        port: coordinator.readInt32(),
        errorCode: coordinator.readInt16(),
        errorMessage: coordinator.readNullableString(),
      }
    })
    reader.readTaggedFields()
    return answer ?? { node: -1, host: '', port: 0, errorCode: codes.COORDINATOR_NOT_AVAILABLE, errorMessage: null }
  },
}
