import { Command } from 'commander'
import { packageVersion } from '../../internal/platform/package-version.ts'
import type { Runner } from '../context.ts'

/** `metrobus version` */
export const command = (run: Runner): Command =>
  new Command('version').description('print the version').action((_options, command: Command) =>
    run(command, async ({ output }) => {
      const version = packageVersion()
      if (output.json)
        return output.document({
          metrobus: version,
          node: process.version.slice(1),
          platform: `${process.platform}-${process.arch}`,
        })
      await output.line(version)
    }),
  )
