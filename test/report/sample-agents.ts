import Database from 'better-sqlite3';
import type { AgentJobRecord, AgentRecord } from '../../src/records/agent-record.js';
import { Connection } from '../../src/store/file/connection.js';
import { writeAgents } from '../../src/store/write/write-agents.js';
import { runningSweep } from './running-sample.js';

/** An agent that waits for work, of a machine without GPU. */
export function sampleAgent(id: string, fields: Partial<AgentRecord> = {}): AgentRecord {
  return {
    id,
    host: id,
    label: null,
    provider: 'cpu',
    numericsClass: 'cpu-3f9a2c1b6d04',
    gpu: null,
    slots: 2,
    state: 'ready',
    reason: null,
    jobs: [],
    lastError: null,
    seenAt: '2026-11-30T12:00:00.000Z',
    ...fields,
  };
}

/** What an agent works on. */
export function sampleJob(label: string, sweep = runningSweep): AgentJobRecord {
  return { sweep, label, device: 'cpu:0', startedAt: '2026-11-30T11:59:00.000Z' };
}

/** Writes what a run does every two seconds: the agents as they are now. */
export function tellAgents(path: string, agents: readonly AgentRecord[]): void {
  const database = new Database(path);
  try {
    const connection = new Connection(database);
    connection.transaction(() => {
      writeAgents(connection, agents);
    });
  } finally {
    database.close();
  }
}
