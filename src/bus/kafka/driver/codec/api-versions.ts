/** ApiVersions: what a broker can do, and which features the cluster has finalised. */
import { readKnownTaggedFields } from '@platformatic/kafka'
import type { Reader } from '@platformatic/kafka'
import type { Api } from '../wire.ts'

export interface ApiVersionsQuestion {
  readonly softwareName: string
  readonly softwareVersion: string
}

export interface ApiVersionsAnswer {
  readonly errorCode: number
  /** Highest version of each request, by its key. */
  readonly versionMax: ReadonlyMap<number, number>
  /** Finalised level of each feature, such as `transaction.version`; one at level 0 is not listed. */
  readonly finalised: ReadonlyMap<string, number>
}

/** Version 3 is answered by every broker since 2.4, so that an older cluster can be told that it is one. */
export const apiVersions: Api<ApiVersionsQuestion, ApiVersionsAnswer> = {
  name: 'ApiVersions',
  key: 18,
  version: 3,
  plainAnswerHeader: true,
  encode: (writer, { softwareName, softwareVersion }) =>
    writer.appendString(softwareName).appendString(softwareVersion).appendTaggedFields(),
  decode(reader) {
    const errorCode = reader.readInt16()
    const versionMax = new Map<number, number>()
    const finalised = new Map<string, number>()
    // A broker that does not know this version answers in the form of version 0, which has nothing else for us.
    if (errorCode !== 0) return { errorCode, versionMax, finalised }
    reader.readArray((api) => {
      const key = api.readInt16()
      api.readInt16()
      versionMax.set(key, api.readInt16())
    })
    reader.readInt32()
    readKnownTaggedFields(reader, { 2: (features) => readFeatures(features, finalised) })
    return { errorCode, versionMax, finalised }
  },
}

function readFeatures(reader: Reader, into: Map<string, number>): void {
  reader.readArray((feature) => {
    const name = feature.readString()
    into.set(name, feature.readInt16())
    feature.readInt16()
  })
}
