import './stage.mutations.ts';
import './stage.pipelines.ts';
