#!/usr/bin/env node
/** The `metrobus` command. */
import { enableCompileCache } from 'node:module'

// Before the first file of ours is loaded: only what is loaded behind it comes from the cache.
enableCompileCache()
const { runCommand } = await import('./run-command.ts')
await runCommand(process.argv.slice(2))
