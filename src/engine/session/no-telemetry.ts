/*
 * onnxruntime 1.29 and later send telemetry by default: look-ups of a host, a device id and a queue
 * of events, with the model's file name among them, in the home folder, a log in the temporary one.
 * This must come before the runtime is loaded, and is why it is a module of its own: imports run in
 * order. Children inherit the variable. Whoever sets it decides: `0` leaves the runtime as it
 * comes.
 */
if ((process.env['ORT_DISABLE_TELEMETRY'] ?? '') === '') process.env['ORT_DISABLE_TELEMETRY'] = '1';
