export type { NextItem } from '@arpa2amqp/grammar';
export type { CommandOutput } from '@arpa2amqp/protocol';
export { byValue } from './candidates.js';
export { CommandTable, type HiddenForms, type Plan, type PlannedCommand } from './command-table.js';
export { defineShell, type Shell } from './define-shell.js';
export type {
  Call,
  Caller,
  Candidates,
  CommandDefinition,
  CommandEffect,
  CompletionHook,
  CompletionRequest,
  ShellDefinition,
} from './definition.js';
export { readDescription, type CommandDescription, type ShellDescription } from './description.js';
export { DNS_TYPES } from './dns-types.js';
export { dnsHost, dnsLabel, dnsName, dnsType, dnsZone } from './dns-form.js';
export { executableHost, type ExecutableHostOptions } from './executable-host.js';
export type {
  CommandFilter,
  CompleteOptions,
  GroupSource,
  GroupMembership,
  OpenOptions,
  RunAllOptions,
  RunLimits,
  RunOptions,
  SessionCommand,
  ShellHost,
  ShellSession,
  VariableQuestion,
} from './host.js';
export { hostFor, type HostForOptions } from './host-for.js';
export { inlineHost, type InlineHostOptions } from './inline-host.js';
export type { Logger } from './logger.js';
export { loadShells, type LoadedManifest } from './manifest.js';
export {
  lettersOf,
  requirementsOf,
  templatesOf,
  type GivenWords,
  type Need,
  type Requirement,
  type Requirements,
} from './need.js';
export type { BrokerPlace, PlaceData, ShellPlace } from './place.js';
export { startProcessHost, type ProcessHostOptions } from './process-host.js';
export { readPasswordFile, readSettingFile } from './setting-file.js';
export { ShellError } from './shell-error.js';
export { shellSchemaOf } from './shell-schema.js';
export type { ShownCommand } from './shown-command.js';
