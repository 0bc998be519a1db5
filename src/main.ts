#!/usr/bin/env node
/** The binary: runs the chosen command and sets the exit code. */
import { run } from './cli/run.ts'

process.exitCode = await run(process.argv.slice(2))
