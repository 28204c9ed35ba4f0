package com.databroker.systemtests;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/// What the JDK's own parser says of every source file. Nothing is guessed from braces.
final class HouseSources {
    /// A type with a name: top-level or nested, none within a method.
    ///
    /// @param file relative to the root of the house
    /// @param name without package: `Filter.Glob`
    /// @param members names of methods, fields and enum constants
    record Type(
            Path file,
            long line,
            String name,
            Tree.Kind kind,
            Set<Modifier> modifiers,
            boolean visible,
            boolean documented,
            Set<String> members) {
        boolean isMain() {
            return file.toString().contains("/src/main/");
        }

        String place() {
            return file + ":" + line + " " + name;
        }
    }

    /// A method, a constructor or an initialiser.
    ///
    /// @param parameters 0 for a record's constructor, whose parameters are the record's header
    /// @param lines from its first annotation to its last brace; comments above do not count
    record Method(Path file, long line, String name, long lines, int parameters) {
        String place() {
            return file + ":" + line + " " + name;
        }
    }

    private static final HouseSources ALL = read(House.files(".java"));

    final List<Type> types = new ArrayList<>();
    final List<Method> methods = new ArrayList<>();

    private HouseSources() {}

    /// Every committed source file, parsed once.
    static HouseSources all() {
        return ALL;
    }

    static HouseSources read(List<Path> files) {
        HouseSources sources = new HouseSources();
        JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK, not a JRE");
        try (StandardJavaFileManager manager =
                compiler.getStandardFileManager(null, Locale.ROOT, StandardCharsets.UTF_8)) {
            List<Path> absolute = files.stream().map(House.ROOT::resolve).toList();
            JavacTask task = (JavacTask) compiler.getTask(
                    null, manager, null, List.of("-proc:none"), null, manager.getJavaFileObjectsFromPaths(absolute));
            DocTrees trees = DocTrees.instance(task);
            for (CompilationUnitTree unit : task.parse()) {
                sources.new Reader(unit, trees).scan(unit, null);
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return sources;
    }

    private final class Reader extends TreePathScanner<Void, Void> {
        private final CompilationUnitTree unit;
        private final DocTrees trees;
        private final Path file;

        Reader(CompilationUnitTree unit, DocTrees trees) {
            this.unit = unit;
            this.trees = trees;
            this.file = House.ROOT.relativize(Path.of(unit.getSourceFile().toUri()));
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
            String name = name(getCurrentPath());
            if (!name.isEmpty()) {
                types.add(new Type(
                        file,
                        line(start(type)),
                        name,
                        type.getKind(),
                        type.getModifiers().getFlags(),
                        isVisible(getCurrentPath()),
                        trees.getDocComment(getCurrentPath()) != null,
                        members(type)));
            }
            return super.visitClass(type, null);
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
            boolean header = getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.RECORD
                    && method.getReturnType() == null;
            add(
                    method,
                    method.getName().toString(),
                    header ? 0 : method.getParameters().size());
            return super.visitMethod(method, null);
        }

        @Override
        public @Nullable Void visitBlock(BlockTree block, @Nullable Void nothing) {
            if (getCurrentPath().getParentPath().getLeaf() instanceof ClassTree) {
                add(block, "initialiser", 0);
            }
            return super.visitBlock(block, null);
        }

        private void add(Tree tree, String name, int parameters) {
            long first = line(start(tree));
            methods.add(new Method(file, first, name, line(end(tree)) - first + 1, parameters));
        }

        private long start(Tree tree) {
            return trees.getSourcePositions().getStartPosition(unit, tree);
        }

        private long end(Tree tree) {
            return trees.getSourcePositions().getEndPosition(unit, tree);
        }

        private long line(long position) {
            return unit.getLineMap().getLineNumber(position);
        }
    }

    /// Empty for classes without a name and for those within methods.
    private static String name(TreePath path) {
        List<String> names = new ArrayList<>();
        TreePath at = path;
        while (at.getLeaf() instanceof ClassTree type) {
            names.addFirst(type.getSimpleName().toString());
            at = at.getParentPath();
        }
        boolean named = at.getLeaf() instanceof CompilationUnitTree && !names.contains("");
        return named ? String.join(".", names) : "";
    }

    /// Whether other rooms can see it: public, and all around it, too. What stands in a public interface is public.
    private static boolean isVisible(TreePath path) {
        TreePath at = path;
        while (at.getLeaf() instanceof ClassTree type) {
            boolean inInterface = at.getParentPath().getLeaf().getKind() == Tree.Kind.INTERFACE;
            if (!inInterface && !type.getModifiers().getFlags().contains(Modifier.PUBLIC)) {
                return false;
            }
            at = at.getParentPath();
        }
        return true;
    }

    private static Set<String> members(ClassTree type) {
        Set<String> members = new HashSet<>();
        for (Tree member : type.getMembers()) {
            if (member instanceof MethodTree method) {
                members.add(method.getName().toString());
            } else if (member instanceof com.sun.source.tree.VariableTree field) {
                members.add(field.getName().toString());
            }
        }
        return members;
    }
}
