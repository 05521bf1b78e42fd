package oracle;

import org.apache.flink.core.fs.EntropyInjectingFileSystem;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.FileSystemFactory;
import org.apache.flink.core.fs.local.LocalFileSystem;

import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Local files under another scheme, spread over directories as object stores want it: the marker {@code _entropy_} in
 * the path of a state file becomes one of a few names, and Flink refers to such files by absolute paths only.
 */
public final class EntropyFileSystem extends LocalFileSystem implements EntropyInjectingFileSystem {
    private static final URI ROOT = URI.create("entropy:/");
    private static final int DIRECTORIES = 4;
    private final AtomicInteger files = new AtomicInteger();

    @Override
    public URI getUri() {
        return ROOT;
    }

    @Override
    public String getEntropyInjectionKey() {
        return "_entropy_";
    }

    @Override
    public String generateEntropy() {
        return "spread-" + files.getAndIncrement() % DIRECTORIES;
    }

    public static final class Factory implements FileSystemFactory {
        private final EntropyFileSystem system = new EntropyFileSystem();

        @Override
        public String getScheme() {
            return ROOT.getScheme();
        }

        @Override
        public FileSystem create(URI uri) {
            return system;
        }
    }
}
