//! What Go refuses when it parses a template and gotmpl only when it executes it, or never; and the places where the
//! tree is changed: members, because gotmpl passes over nil; what an action shows; and what a template is called with.

use gotmpl::parse::{BranchNode, CommandNode, Expr, ListNode, Node, PipeNode, Pos, SmolStr};

use crate::template::function::{self, MEMBER, NOTHING, SHOW};

/// Checks one template, and prepares it for the engine.
///
/// # Errors
/// An unknown function or variable, a loop's action outside a loop, or a constant that is given an argument.
pub(super) fn tree(tree: &mut ListNode) -> Result<(), String> {
    Check { variables: vec!["$".into()], loops: 0 }.list(tree)
}

struct Check {
    /// The variables declared so far.
    variables: Vec<SmolStr>,
    /// How many loops enclose this place.
    loops: usize,
}

impl Check {
    fn list(&mut self, list: &mut ListNode) -> Result<(), String> {
        list.nodes.iter_mut().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &mut Node) -> Result<(), String> {
        match node {
            Node::Text(_) | Node::Define(_) => Ok(()),
            Node::List(list) => self.list(list),
            Node::Action(action) => {
                self.pipe(&mut action.pipe)?;
                if action.pipe.decl.is_empty() {
                    let show = vec![Expr::Identifier(action.pos, SHOW.into())];
                    action.pipe.commands.push(CommandNode { pos: action.pos, args: show });
                }
                Ok(())
            }
            Node::If(branch) | Node::With(branch) => self.branch(branch, 0),
            Node::Range(branch) => self.branch(branch, 1),
            Node::Template(call) => {
                match &mut call.pipe {
                    Some(pipe) => self.pipe(pipe)?,
                    // There, the dot is nil in Go; gotmpl would pass on the current one.
                    None => call.pipe = Some(calling(call.pos, NOTHING, Vec::new())),
                }
                Ok(())
            }
            Node::Break(_) | Node::Continue(_) if self.loops == 0 => {
                Err("break or continue outside a range".to_owned())
            }
            Node::Break(_) | Node::Continue(_) => Ok(()),
        }
    }

    /// A block, at whose end its variables go out of scope.
    fn branch(&mut self, branch: &mut BranchNode, loops: usize) -> Result<(), String> {
        let outer = self.variables.len();
        self.pipe(&mut branch.pipe)?;
        self.loops += loops;
        self.list(&mut branch.body)?;
        self.loops -= loops;
        if let Some(body) = &mut branch.else_body {
            self.list(body)?;
        }
        self.variables.truncate(outer);
        Ok(())
    }

    fn pipe(&mut self, pipe: &mut PipeNode) -> Result<(), String> {
        for (stage, command) in pipe.commands.iter_mut().enumerate() {
            let constant = matches!(
                command.args.first(),
                Some(Expr::Bool(..) | Expr::Dot(_) | Expr::Nil(_) | Expr::Number(..) | Expr::String(..))
            );
            if constant && stage > 0 {
                return Err(format!("stage {} of a pipeline can't take an argument", stage + 1));
            }
            command.args.iter_mut().try_for_each(|arg| self.expr(arg))?;
        }
        if pipe.is_assign {
            return pipe.decl.iter().try_for_each(|name| self.declared(name));
        }
        self.variables.extend(pipe.decl.iter().cloned());
        Ok(())
    }

    fn expr(&mut self, expr: &mut Expr) -> Result<(), String> {
        match expr {
            Expr::Identifier(_, name) if !function::exists(name) => Err(format!("function {name:?} not defined")),
            Expr::Field(pos, names) => {
                *expr = member(*pos, Expr::Dot(*pos), names);
                Ok(())
            }
            Expr::Variable(pos, name, names) => {
                self.declared(name)?;
                if !names.is_empty() {
                    *expr = member(*pos, Expr::Variable(*pos, name.clone(), Vec::new()), names);
                }
                Ok(())
            }
            Expr::Chain(pos, inner, names) => {
                self.expr(inner)?;
                // A function's arguments follow its member, so it must stay first.
                if !matches!(**inner, Expr::Identifier(..)) {
                    *expr = member(*pos, (**inner).clone(), names);
                }
                Ok(())
            }
            Expr::Pipe(_, pipe) => self.pipe(pipe),
            _ => Ok(()),
        }
    }

    fn declared(&self, name: &SmolStr) -> Result<(), String> {
        match self.variables.contains(name) {
            true => Ok(()),
            false => Err(format!("undefined variable {name:?}")),
        }
    }
}

/// `.a.b` as a call of our own function.
fn member(pos: Pos, of: Expr, names: &[SmolStr]) -> Expr {
    let names = names.iter().map(|name| Expr::String(pos, name.as_str().into()));
    Expr::Pipe(pos, calling(pos, MEMBER, [of].into_iter().chain(names).collect()))
}

/// A call of one of our own functions.
fn calling(pos: Pos, function: &str, mut args: Vec<Expr>) -> PipeNode {
    args.insert(0, Expr::Identifier(pos, function.into()));
    PipeNode { pos, decl: Vec::new(), commands: vec![CommandNode { pos, args }], is_assign: false }
}
