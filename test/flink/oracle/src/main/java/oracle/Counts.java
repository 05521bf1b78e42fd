package oracle;

import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the records of each key and shows, to the process it runs in, what its state holds at the points that matter. */
final class Counts extends AbstractStreamOperator<Void> implements OneInputStreamOperator<Long, Void> {
    private static final long SOME_NUMBERS = 1000;
    private static final Map<String, Seen> RUNS = new ConcurrentHashMap<>();
    private final String run;
    private transient ValueStateDescriptor<Long> descriptor;
    private transient boolean isRestored;

    private static final class Seen {
        final SortedMap<String, Long> restored = new ConcurrentSkipListMap<>();
        final SortedMap<String, Long> atSnapshot = new ConcurrentSkipListMap<>();
        final SortedMap<String, Long> now = new ConcurrentSkipListMap<>();
        final AtomicLong numbers = new AtomicLong();
        final CompletableFuture<Void> isInTheMiddle = new CompletableFuture<>();
    }

    Counts(String run) {
        this.run = run;
    }

    static SortedMap<String, Long> restored(String run) {
        return seen(run).restored;
    }

    static SortedMap<String, Long> atSnapshot(String run) {
        return seen(run).atSnapshot;
    }

    static SortedMap<String, Long> now(String run) {
        return seen(run).now;
    }

    /** Completes when the run has counted some numbers, though by far not all. */
    static CompletableFuture<Void> isInTheMiddle(String run) {
        return seen(run).isInTheMiddle;
    }

    private static Seen seen(String run) {
        return RUNS.computeIfAbsent(run, unused -> new Seen());
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        isRestored = context.isRestored();
    }

    @Override
    public void open() throws Exception {
        super.open();
        descriptor = new ValueStateDescriptor<>("count", Types.LONG);
        if (isRestored) copyTo(seen(run).restored);
    }

    @Override
    public void processElement(StreamRecord<Long> record) throws Exception {
        ValueState<Long> state = getPartitionedState(VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor);
        long count = state.value() == null ? 1 : state.value() + 1;
        state.update(count);
        Seen seen = seen(run);
        seen.now.put((String) getCurrentKey(), count);
        if (seen.numbers.incrementAndGet() == SOME_NUMBERS) seen.isInTheMiddle.complete(null);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        copyTo(seen(run).atSnapshot);
    }

    private void copyTo(Map<String, Long> copy) throws Exception {
        getKeyedStateBackend().applyToAllKeys(VoidNamespace.INSTANCE, VoidNamespaceSerializer.INSTANCE, descriptor,
                (Object key, ValueState<Long> state) -> copy.put((String) key, state.value()));
    }
}
