/** A process that sends requests: in one process, sending one load would delay what is measured of another. */
import { ratesSchema } from './rates.ts';
import { sendRates } from './send-rates.ts';

process.on('message', async (message) => {
  process.send?.(await sendRates(ratesSchema.parse(message)));
});
process.once('disconnect', () => process.exit());
