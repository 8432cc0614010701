#!/usr/bin/env node
/** The `metrobus` command. */
import { enableCompileCache } from 'node:module'
import { runCommand } from './run-command.ts'

enableCompileCache()
await runCommand(process.argv.slice(2))
