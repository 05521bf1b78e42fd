package oracle;

import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.runtime.checkpoint.*;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.*;
import org.apache.flink.runtime.state.changelog.*;
import org.apache.flink.runtime.state.changelog.inmemory.InMemoryChangelogStateHandle;
import org.apache.flink.runtime.state.filemerging.*;
import org.apache.flink.runtime.state.filesystem.*;
import org.apache.flink.runtime.state.memory.ByteStreamStateHandle;

import java.io.*;
import java.nio.file.*;
import java.security.MessageDigest;
import java.util.*;

/** Canonical view of what Flink's loader returns. */
final class Dump {
    /** Where relative handles resolve to; replaced by a marker so that the dump does not depend on it. */
    private final String exclusiveDir;

    Dump(String exclusiveDir) { this.exclusiveDir = exclusiveDir; }

    record Loaded(CheckpointMetadata meta, int version, int trailing) {}

    static Loaded load(byte[] file, String pointer) throws IOException {
        ByteArrayInputStream bin = new ByteArrayInputStream(file);
        DataInputStream in = new DataInputStream(bin);
        CheckpointMetadata m = Checkpoints.loadCheckpointMetadata(in, Dump.class.getClassLoader(), pointer);
        int v = ((file[4] & 255) << 24) | ((file[5] & 255) << 16) | ((file[6] & 255) << 8) | (file[7] & 255);
        return new Loaded(m, v, bin.available());
    }

    static String exclusiveDirOf(String pointer) {
        try {
            return AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(pointer).getExclusiveCheckpointDir().toString();
        } catch (Exception e) {
            return null;
        }
    }

    /** Dump of one file; the file is loaded twice so that values Flink draws at random can be masked. */
    static Map<String, Object> dump(byte[] file, String pointer) throws IOException {
        Dump a = new Dump(exclusiveDirOf(pointer));
        Map<String, Object> x = a.top(load(file, pointer));
        Map<String, Object> y = new Dump(a.exclusiveDir).top(load(file, pointer));
        @SuppressWarnings("unchecked")
        Map<String, Object> r = (Map<String, Object>) mask(x, y);
        return r;
    }

    private static Object mask(Object a, Object b) {
        if (a instanceof Map<?, ?> m) {
            Map<String, Object> r = new LinkedHashMap<>();
            for (Map.Entry<?, ?> e : m.entrySet()) r.put((String) e.getKey(), mask(e.getValue(), ((Map<?, ?>) b).get(e.getKey())));
            return r;
        }
        if (a instanceof List<?> l) {
            List<Object> r = new ArrayList<>(l.size());
            for (int i = 0; i < l.size(); i++) r.add(mask(l.get(i), ((List<?>) b).get(i)));
            return r;
        }
        return Objects.equals(a, b) ? a : "<random>";
    }

    private static Map<String, Object> map(Object... kv) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (int i = 0; i < kv.length; i += 2) m.put((String) kv[i], kv[i + 1]);
        return m;
    }

    private static Map<String, Object> kind(String k, Object... kv) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("type", k);
        m.putAll(map(kv));
        return m;
    }

    static String hex(byte[] b) { return HexFormat.of().formatHex(b); }

    static Object bytes(byte[] b) {
        if (b.length <= 64) return map("length", b.length, "hex", hex(b));
        return map("length", b.length, "sha256", sha(b));
    }

    static String sha(byte[] b) {
        try {
            return hex(MessageDigest.getInstance("SHA-256").digest(b));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Object> longs(long[] l) {
        List<Object> r = new ArrayList<>(l.length);
        for (long v : l) r.add(v);
        return r;
    }

    Map<String, Object> top(Loaded l) {
        CheckpointMetadata m = l.meta;
        List<Object> masters = new ArrayList<>();
        for (MasterState s : m.getMasterStates()) {
                masters.add(map("name", s.name(), "version", s.version(), "bytes", bytes(s.bytes())));
        }
        List<Object> ops = new ArrayList<>();
        for (OperatorState o : m.getOperatorStates()) ops.add(operator(o));
        return map(
                "formatVersion", l.version,
                "checkpointId", m.getCheckpointId(),
                "masterStates", masters,
                "operatorStates", ops,
                "properties", props(m.getCheckpointProperties()),
                "trailingBytes", l.trailing);
    }

    private Object props(CheckpointProperties p) {
        if (p == null) return null;
        boolean[] f = OracleProps.flags(p);
        Object t;
        if (p.getCheckpointType() instanceof SavepointType s) {
                t = map("class", "SavepointType", "name", s.getName(), "postCheckpointAction", s.getPostCheckpointAction().name(),
                    "formatType", s.getFormatType() == null ? null : s.getFormatType().name());
        } else {
                t = map("class", p.getCheckpointType().getClass().getSimpleName(), "name", p.getCheckpointType().getName(),
                    "sharingFilesStrategy", p.getCheckpointType().getSharingFilesStrategy().name());
        }
        return map("checkpointType", t, "forced", f[0], "discardSubsumed", f[1], "discardFinished", f[2],
                "discardCancelled", f[3], "discardFailed", f[4], "discardSuspended", f[5], "unclaimed", f[6]);
    }

    private Object operator(OperatorState o) {
        List<Object> subs = new ArrayList<>();
        List<Integer> order = new ArrayList<>(o.getSubtaskStates().keySet());
        List<Integer> sorted = new ArrayList<>(order);
        Collections.sort(sorted);
        for (int i : sorted) subs.add(subtask(i, o.getSubtaskStates().get(i)));
        Map<String, Object> m = map(
                "operatorId", o.getOperatorID().toHexString(),
                "name", o.getOperatorName().orElse(null),
                "uid", o.getOperatorUid().orElse(null),
                "parallelism", o.getParallelism(),
                "maxParallelism", o.getMaxParallelism(),
                "fullyFinished", o.isFullyFinished(),
                "coordinatorState", stream(o.getCoordinatorState()),
                "stateSize", o.getStateSize(),
                "checkpointedSize", o.getCheckpointedSize(),
                "subtasks", subs);
        if (!order.equals(sorted)) m.put("subtaskWriteOrder", new ArrayList<Object>(order));
        return m;
    }

    private Object subtask(int idx, OperatorSubtaskState s) {
        if (s.isFinished()) {
                return map("index", idx, "finished", true);
        }
        List<Object> in = new ArrayList<>(), out = new ArrayList<>();
        for (InputStateHandle h : s.getInputChannelState()) in.add(channel(h));
        for (OutputStateHandle h : s.getResultSubpartitionState()) out.add(channel(h));
        return map("index", idx, "finished", false,
                "managedOperatorState", opHandle(one(s.getManagedOperatorState())),
                "rawOperatorState", opHandle(one(s.getRawOperatorState())),
                "managedKeyedState", keyed(one(s.getManagedKeyedState())),
                "rawKeyedState", keyed(one(s.getRawKeyedState())),
                "inputChannelState", in,
                "resultSubpartitionState", out,
                "stateSize", s.getStateSize(),
                "checkpointedSize", s.getCheckpointedSize());
    }

    private static <X extends StateObject> X one(StateObjectCollection<X> c) {
        if (c.isEmpty()) return null;
        if (c.size() > 1) throw new IllegalStateException("more than one");
        return c.iterator().next();
    }

    private Object opHandle(OperatorStateHandle h) {
        if (h == null) return null;
        Map<String, OperatorStateHandle.StateMetaInfo> meta = h.getStateNameToPartitionOffsets();
        List<String> order = new ArrayList<>(meta.keySet());
        List<String> sorted = new ArrayList<>(order);
        Collections.sort(sorted);
        List<Object> states = new ArrayList<>();
        for (String n : sorted) {
            OperatorStateHandle.StateMetaInfo i = meta.get(n);
                states.add(map("name", n, "mode", i.getDistributionMode().name(), "offsets", longs(i.getOffsets())));
        }
        Map<String, Object> m = kind(h.getClass().getSimpleName(), "states", states);
        if (!order.equals(sorted)) m.put("stateWriteOrder", new ArrayList<Object>(order));
        if (h instanceof FileMergingOperatorStreamStateHandle f) {
            m.put("taskOwnedDir", f.getTaskOwnedDirHandle().getDirectory().toString());
            m.put("sharedDir", f.getSharedDirHandle().getDirectory().toString());
        }
        m.put("delegate", stream(h.getDelegateStateHandle()));
        return m;
    }

    private static Object range(KeyGroupRange r) { return map("start", r.getStartKeyGroup(), "count", r.getNumberOfKeyGroups()); }

    private Map<String, Object> keyed(KeyedStateHandle h) {
        if (h == null) return null;
        if (h instanceof KeyGroupsStateHandle k) {
            Map<String, Object> m = kind("keyed:" + h.getClass().getSimpleName(), "keyGroups", range(k.getKeyGroupRange()), "offsets", kgOffsets(k),
                    "delegate", stream(k.getDelegateStateHandle()));
            if (!(h instanceof KeyGroupsSavepointStateHandle)) m.put("stateHandleId", k.getStateHandleId().getKeyString());
            return m;
        }
        if (h instanceof IncrementalRemoteKeyedStateHandle i) {
            return kind("keyed:IncrementalRemoteKeyedStateHandle",
                    "checkpointId", i.getCheckpointId(),
                    "backendIdentifier", i.getBackendIdentifier().toString(),
                    "keyGroups", range(i.getKeyGroupRange()),
                    "checkpointedSize", i.getCheckpointedSize(),
                    "stateSize", i.getStateSize(),
                    "metaState", stream(i.getMetaDataStateHandle()),
                    "sharedState", hlp(i.getSharedState()),
                    "privateState", hlp(i.getPrivateState()),
                    "stateHandleId", i.getStateHandleId().getKeyString());
        }
        if (h instanceof ChangelogStateBackendHandle c) {
            List<Object> a = new ArrayList<>(), b = new ArrayList<>();
            for (KeyedStateHandle x : c.getMaterializedStateHandles()) a.add(keyed(x));
            for (KeyedStateHandle x : c.getNonMaterializedStateHandles()) b.add(keyed(x));
            return kind("keyed:ChangelogStateBackendHandle", "keyGroups", range(c.getKeyGroupRange()),
                    "checkpointedSize", c.getCheckpointedSize(), "stateSize", c.getStateSize(),
                    "materialized", a, "nonMaterialized", b,
                    "materializationId", c.getMaterializationID(), "checkpointId", c.getCheckpointId(),
                    "stateHandleId", c.getStateHandleId().getKeyString());
        }
        if (h instanceof InMemoryChangelogStateHandle c) {
            List<Object> ch = new ArrayList<>();
            for (StateChange x : c.getChanges()) ch.add(map("keyGroup", x.getKeyGroup(), "bytes", bytes(x.getChange())));
            return kind("keyed:InMemoryChangelogStateHandle", "keyGroups", range(c.getKeyGroupRange()), "from", c.getFrom(), "to", c.getTo(),
                    "changes", ch, "stateHandleId", c.getStateHandleId().getKeyString());
        }
        if (h instanceof ChangelogStateHandleStreamImpl c) {
            List<Object> hs = new ArrayList<>();
            for (Tuple2<StreamStateHandle, Long> t : c.getHandlesAndOffsets()) hs.add(map("offset", t.f1, "handle", stream(t.f0)));
            return kind("keyed:ChangelogStateHandleStreamImpl", "keyGroups", range(c.getKeyGroupRange()), "handles", hs,
                    "stateSize", c.getStateSize(), "checkpointedSize", c.getCheckpointedSize(),
                    "stateHandleId", c.getStateHandleId().getKeyString(), "storageIdentifier", c.getStorageIdentifier());
        }
        throw new IllegalStateException(h.getClass().getName());
    }

    private static List<Object> kgOffsets(KeyGroupsStateHandle k) {
        List<Object> r = new ArrayList<>();
        for (Tuple2<Integer, Long> t : k.getGroupRangeOffsets()) r.add(t.f1);
        return r;
    }

    private List<Object> hlp(List<IncrementalKeyedStateHandle.HandleAndLocalPath> l) {
        List<Object> r = new ArrayList<>();
        for (IncrementalKeyedStateHandle.HandleAndLocalPath h : l) r.add(map("localPath", h.getLocalPath(), "handle", stream(h.getHandle())));
        return r;
    }

    private Object stream(StreamStateHandle h) {
        if (h == null) return null;
        if (h instanceof RelativeFileStateHandle r) {
            String p = r.getFilePath().toString();
            if (exclusiveDir != null && p.startsWith(exclusiveDir)) p = "${exclusiveDir}" + p.substring(exclusiveDir.length());
            return kind("RelativeFileStateHandle", "relativePath", r.getRelativePath(), "size", r.getStateSize(), "path", p);
        }
        if (h instanceof FileStateHandle f) return kind("FileStateHandle", "size", f.getStateSize(), "path", f.getFilePath().toString());
        if (h instanceof EmptySegmentFileStateHandle) return kind("EmptySegmentFileStateHandle");
        if (h instanceof SegmentFileStateHandle s)
            return kind("SegmentFileStateHandle", "startPos", s.getStartPos(), "size", s.getStateSize(), "scope", s.getScope().name(),
                    "path", s.getFilePath().toString(), "logicalFileId", s.getLogicalFileId().getKeyString());
        if (h instanceof ByteStreamStateHandle b) return kind("ByteStreamStateHandle", "name", b.getHandleName(), "data", bytes(b.getData()));
        if (h instanceof KeyGroupsStateHandle k)
            return kind("stream:KeyGroupsStateHandle", "keyGroups", range(k.getKeyGroupRange()), "offsets", kgOffsets(k), "delegate", stream(k.getDelegateStateHandle()));
        throw new IllegalStateException(h.getClass().getName());
    }

    private Object channel(StateObject h) {
        if (h instanceof InputChannelStateHandle c)
            return kind("InputChannelStateHandle", "subtaskIndex", c.getSubtaskIndex(), "gateIndex", c.getInfo().getGateIdx(),
                    "channelIndex", c.getInfo().getInputChannelIdx(), "offsets", new ArrayList<Object>(c.getOffsets()), "size", c.getStateSize(), "delegate", stream(c.getDelegate()));
        if (h instanceof ResultSubpartitionStateHandle c)
            return kind("ResultSubpartitionStateHandle", "subtaskIndex", c.getSubtaskIndex(), "partitionIndex", c.getInfo().getPartitionIdx(),
                    "subpartitionIndex", c.getInfo().getSubPartitionIdx(), "offsets", new ArrayList<Object>(c.getOffsets()), "size", c.getStateSize(), "delegate", stream(c.getDelegate()));
        if (h instanceof MergedInputChannelStateHandle c) return merged("MergedInputChannelStateHandle", c, "gateIndex", "channelIndex");
        if (h instanceof MergedResultSubpartitionStateHandle c) return merged("MergedResultSubpartitionStateHandle", c, "partitionIndex", "subpartitionIndex");
        throw new IllegalStateException(h.getClass().getName());
    }

    private Object merged(String k, AbstractMergedChannelStateHandle<?, ?> c, String a, String b) {
        List<Object> parts = new ArrayList<>();
        Object err = null;
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(c.getSerializedChannelOffsets()))) {
            for (int n = in.readInt(); n > 0; n--) {
                int x = in.readInt(), y = in.readInt();
                long size = in.readLong();
                List<Object> offs = new ArrayList<>();
                for (int k2 = in.readInt(); k2 > 0; k2--) offs.add(in.readLong());
                parts.add(map(a, x, b, y, "size", size, "offsets", offs));
            }
        } catch (IOException e) {
            err = e.toString();
        }
        Map<String, Object> m = kind(k, "subtaskIndex", c.getSubtaskIndex(), "size", c.getStateSize(), "delegate", stream(c.getDelegate()),
                "serializedChannelOffsets", bytes(c.getSerializedChannelOffsets()), "channels", parts);
        if (err != null) m.put("channelsError", err);
        return m;
    }

    static byte[] read(String f) throws IOException { return Files.readAllBytes(Path.of(f)); }
}
