/** What is asked of a cluster by who looks at all of it: its topics, its groups, everything that a group has committed. */
import { listGroupsV5 } from '@platformatic/kafka'
import type { Api } from '../wire.ts'
import { metadata } from './metadata.ts'
import type { MetadataAnswer } from './metadata.ts'
import { ofClient } from './of-client.ts'
import { offsetFetch } from './offset-fetch.ts'
import type { OffsetFetchAnswer } from './offset-fetch.ts'

/** Every topic that this user may see, the cluster's own among them. */
export const allTopics: Api<undefined, MetadataAnswer> = {
  ...metadata,
  encode: (writer) =>
    writer
      .appendArray(null, () => {})
      .appendBoolean(false)
      .appendBoolean(false)
      .appendTaggedFields(),
}

/** Everything that a group has committed and no open transaction is about to change. */
export const allOffsets: Api<string, OffsetFetchAnswer> = {
  ...offsetFetch,
  encode: (writer, group) =>
    writer
      .appendArray([group], (w, group) =>
        w
          .appendString(group)
          .appendString(null)
          .appendInt32(-1)
          .appendArray(null, () => {}),
      )
      .appendBoolean(true)
      .appendTaggedFields(),
}

/** The groups that the asked broker coordinates. */
export const listGroups: Api<
  Parameters<typeof listGroupsV5.createRequest>,
  ReturnType<typeof listGroupsV5.parseResponse>
> = ofClient('ListGroups', 16, 5, listGroupsV5)
