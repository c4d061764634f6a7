import java.io.File;
import org.graalvm.visualvm.lib.jfluid.heap.Heap;
import org.graalvm.visualvm.lib.jfluid.heap.HeapFactory;
import org.graalvm.visualvm.lib.jfluid.heap.Instance;
import org.graalvm.visualvm.lib.jfluid.heap.JavaClass;

/** Prints what VisualVM's heap walker says of a dump: each class, then the objects that retain most. */
public final class HeapWalk {
    public static void main(String[] args) throws Exception {
        Heap heap = HeapFactory.createHeap(new File(args[0]));
        for (JavaClass c : heap.getAllClasses()) {
            System.out.println("class\t" + c.getName() + "\t" + c.getInstancesCount() + "\t" + c.getAllInstancesSize());
        }
        for (Instance i : heap.getBiggestObjectsByRetainedSize(Integer.parseInt(args[1]))) {
            System.out.println(
                    "object\t" + Long.toHexString(i.getInstanceId()) + "\t" + i.getJavaClass().getName()
                            + "\t" + i.getSize() + "\t" + i.getRetainedSize());
        }
    }
}
