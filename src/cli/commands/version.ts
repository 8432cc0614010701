import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { packageVersion } from '../package-version.ts'

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
